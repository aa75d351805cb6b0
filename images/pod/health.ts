import { createServer, type Server } from "node:http";

/** Whether a server can serve; if not, why. */
export interface Readiness {
  readonly ready: boolean;
  readonly reason: string;
}

/**
 * Plain HTTP for the kubelet: `/healthz` while the process runs, `/readyz` once it can serve, with the reason while it cannot.
 * @param further paths, each with a question of its own
 */
export function healthServer(
  readiness: () => Readiness,
  further: Readonly<Record<string, () => Promise<Readiness>>> = {},
): Server {
  const questions: Readonly<Record<string, () => Readiness | Promise<Readiness>>> = {
    "/healthz": () => ({ ready: true, reason: "ok" }),
    "/readyz": readiness,
    ...further,
  };
  return createServer((request, response) => {
    const path = request.url?.split("?", 1)[0] ?? "";
    const answer = (statusCode: number, text: string): void => {
      response
        .writeHead(statusCode, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" })
        .end(`${text}\n`);
    };
    const question = Object.hasOwn(questions, path) ? questions[path] : undefined;
    if (question === undefined) return answer(404, "not found");
    void Promise.resolve(question()).then(
      ({ ready, reason }) => answer(ready ? 200 : 503, reason),
      (error: unknown) => answer(500, String(error)),
    );
  });
}

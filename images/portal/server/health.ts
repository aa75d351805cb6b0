import { createServer, type Server } from "node:http";
import type { Readiness } from "./workspaces.ts";

/** Plain HTTP for the kubelet: `/healthz` while the process runs, `/readyz` once it can serve, with the reason while it cannot. */
export function healthServer(readiness: () => Readiness): Server {
  return createServer((request, response) => {
    const path = request.url?.split("?", 1)[0];
    const { ready, reason } = path === "/healthz" ? { ready: true, reason: "ok" } : readiness();
    const statusCode = path === "/healthz" || path === "/readyz" ? (ready ? 200 : 503) : 404;
    response.writeHead(statusCode, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
    response.end(statusCode === 404 ? "not found\n" : `${reason}\n`);
  });
}

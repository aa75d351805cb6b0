import { request } from "node:https";
import type { Kubeconfig } from "./kubeconfig.ts";

const TIMEOUT_MS = 10_000;

export interface Answer {
  status: number;
  body: string;
}

/** What an API server answers to a GET with a kubeconfig's credentials. @throws where nothing answers within ten seconds */
export function ask({ server, credentials }: Kubeconfig, path: string): Promise<Answer> {
  const base = server.endsWith("/") ? server : `${server}/`;
  return new Promise((resolve, reject) => {
    const call = request(
      new URL(`.${path}`, base),
      {
        ca: credentials.ca,
        servername: credentials.serverName,
        rejectUnauthorized: !credentials.skipVerify,
        ...credentials.clientCertificate,
        headers: {
          accept: "application/json",
          ...(credentials.token === undefined ? {} : { authorization: `Bearer ${credentials.token}` }),
        },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
        );
        response.on("error", reject);
      },
    );
    call.on("error", reject);
    call.end();
  });
}

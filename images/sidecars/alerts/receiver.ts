import { createServer, type Server } from "node:http";
import { json } from "node:stream/consumers";
import { ZodError } from "zod";
import type { AlertLedger } from "./ledger.ts";
import { readPosted } from "./posted.ts";

/** Takes alerts where an Alertmanager would, so that vmalert needs no other: it says one again until it is told that it arrived. */
export function receiver(ledger: AlertLedger, onRefused: (error: unknown) => void): Server {
  return createServer((request, response) => {
    const path = request.url?.split("?", 1)[0];
    if (request.method !== "POST" || path !== "/api/v2/alerts") return response.writeHead(404).end();
    void json(request)
      .then((body) => ledger.take(readPosted(body), Date.now()))
      .then(
        () => response.writeHead(200).end(),
        (error: unknown) => {
          onRefused(error);
          const isTheirs = error instanceof ZodError || error instanceof SyntaxError;
          response.writeHead(isTheirs ? 400 : 500).end();
        },
      );
  });
}

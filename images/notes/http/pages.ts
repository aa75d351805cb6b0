import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { pageHeaders } from "./own-headers.ts";

/** Stands in the built page for what its styles are marked with. */
const NONCE = "%NONCE%";

/** The built pages; scripts and styles have a hash in their names, so that browsers may keep them for good. */
export async function registerPages(
  app: FastifyInstance,
  uiDirectory: string,
  person: (request: FastifyRequest) => Promise<string>,
): Promise<void> {
  const html = await readFile(join(uiDirectory, "index.html"), "utf8");
  await app.register(fastifyStatic, {
    root: join(uiDirectory, "assets"),
    prefix: "/assets/",
    index: false,
    redirect: false,
    decorateReply: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply) =>
      void reply.headers({ ...pageHeaders(), "cache-control": "public, max-age=31536000, immutable" }),
  });
  const page = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    await person(request);
    const nonce = randomBytes(16).toString("base64url");
    return await reply.headers(pageHeaders(nonce)).type("text/html; charset=utf-8").send(html.replaceAll(NONCE, nonce));
  };
  for (const address of ["/", "/:vault", "/:vault/search", "/:vault/tags", "/:vault/graph", "/:vault/note/*"]) {
    app.get(address, page);
  }
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply } from "fastify";
import { OWN_PAGE_HEADERS } from "./own-headers.ts";

/** Everything of the portal's own on a workspace's host is below this path and is never forwarded. */
export const RESERVED_PREFIX = "/.guildnet/";

/** The built pages, beside their `assets/`: the portal's own, and what stands in for a workspace that does not answer, or went wrong. */
export const PAGES = { portal: "index.html", waiting: "waiting.html", error: "error.html" } as const;

/** Serves scripts and styles of the built pages; their names carry a hash, so browsers may keep them for good. */
export async function registerAssets(app: FastifyInstance, uiDirectory: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: join(uiDirectory, "assets"),
    prefix: `${RESERVED_PREFIX}assets/`,
    index: false,
    redirect: false,
    decorateReply: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply) =>
      void reply.headers({ ...OWN_PAGE_HEADERS, "cache-control": "public, max-age=31536000, immutable" }),
  });
}

/** @returns how to answer with one built page */
export async function page(
  uiDirectory: string,
  file: (typeof PAGES)[keyof typeof PAGES],
): Promise<(reply: FastifyReply, statusCode?: number) => FastifyReply> {
  const html = await readFile(join(uiDirectory, file));
  return (reply, statusCode = 200) =>
    reply.code(statusCode).headers(OWN_PAGE_HEADERS).type("text/html; charset=utf-8").send(html);
}

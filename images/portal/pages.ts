import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PagesConfig } from "./config.ts";
import type { SystemPages } from "./guild/system-pages.ts";
import { readKey } from "./identity/signing-keys.ts";

/** Beside what the config says of systems' pages, from the mounted Secret: `<label>.key`, base64url, and `<label>.crt`, PEM. @throws where one is missing or too weak */
export function readPages({ list, directory }: PagesConfig): Promise<SystemPages[]> {
  return Promise.all(
    list.map(async ({ label, title, audience, address }) => {
      const [key, authority] = await Promise.all([
        readKey(join(directory, `${label}.key`)),
        readFile(join(directory, `${label}.crt`), "utf8"),
      ]);
      return { label, title, audience, key, upstream: { ...address, authority } };
    }),
  );
}

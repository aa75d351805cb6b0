import { createHmac, randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nothingTold, toldSchema } from "./told.ts";
import type { Told } from "./told.ts";

/** What was told of each repository, in a file each. */
export class Memory {
  readonly #folder: string;
  readonly #secret: Buffer;

  private constructor(folder: string, secret: Buffer) {
    this.#folder = folder;
    this.#secret = secret;
  }

  /** @throws where the folder can't be written */
  static async open(folder: string): Promise<Memory> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, "secret");
    const kept = await unlessMissing(readFile(file));
    if (kept !== undefined) return new Memory(folder, kept);
    const secret = randomBytes(32);
    await replace(file, secret);
    return new Memory(folder, secret);
  }

  /**
   * An event's id: the same whenever it is told, and nobody's guess, as whoever says something under it first keeps it from
   * being said.
   */
  idOf(rid: string, about: string): string {
    return createHmac("sha256", this.#secret).update(`${rid} ${about}`).digest("base64url");
  }

  /** @throws where it can't be read: all would be told again */
  async told(rid: string): Promise<Told> {
    const text = await unlessMissing(readFile(this.#fileOf(rid), "utf8"));
    return text === undefined ? nothingTold : toldSchema.parse(JSON.parse(text));
  }

  async keep(rid: string, told: Told): Promise<void> {
    await replace(this.#fileOf(rid), JSON.stringify(told));
  }

  #fileOf(rid: string): string {
    return join(this.#folder, `${rid.slice("rad:".length)}.json`);
  }
}

/** Whoever is ended in the middle leaves what was there. */
async function replace(file: string, content: string | Buffer): Promise<void> {
  await writeFile(`${file}.new`, content, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
}

async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

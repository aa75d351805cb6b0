import { randomUUID } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { writeFileAtomic } from "../../atomic-file.ts";
import { lockHolders, type LockHolder } from "../recovery.ts";
import type { StateFiles } from "../state-folder.ts";
import { manifest, type Checkpoint, type Deployment } from "./deployment.ts";
import { foldJournal, Journal } from "./journal-file.ts";
import type { JournalEntry } from "./replay.ts";

export type UpdateKind = "update" | "destroy" | "refresh";

/** Another run changes the stack. */
export class StackBusy extends Error {}

const configValue = z.object({ string: z.string(), secret: z.boolean(), object: z.boolean() });
const descriptionSchema = z.object({
  config: z.record(z.string(), configValue).nullish(),
  metadata: z.object({ message: z.string().nullish(), environment: z.record(z.string(), z.string()) }),
});
const entriesSchema = z.object({ entries: z.array(z.looseObject({ kind: z.int(), sequenceID: z.int(), operationID: z.int() })).nullish() });
const eventsSchema = z.object({ events: z.array(z.looseObject({ summaryEvent: z.looseObject({ resourceChanges: z.record(z.string(), z.int()).nullish() }).nullish() })) });
const endSchema = z.object({ status: z.string() });

type Description = z.output<typeof descriptionSchema>;

/** One change of one stack whose state is in the file backend's folder, from its beginning to its end. */
export class Update {
  readonly id = randomUUID();
  readonly project: string;
  readonly stack: string;
  /** Process id of the engine, which holds the stack. */
  engine = process.pid;
  readonly #files: StateFiles;
  #kind: UpdateKind = "update";
  #description?: Description;
  #begun = Date.now();
  #journal?: Journal;
  #changes?: Readonly<Record<string, number>>;

  /** @param stack may be written `organization/<project>/<stack>` */
  constructor(project: string, stack: string, files: StateFiles) {
    this.project = project;
    this.stack = stack.split("/").pop() ?? stack;
    this.#files = files;
  }

  /** How many resources became what (`create`, `same` …); undefined until the engine has told. */
  get changes(): Readonly<Record<string, number>> | undefined {
    return this.#changes;
  }

  /** The state before, as the engine exports it. */
  deployment(): { version: number; features?: string[]; deployment: Deployment } {
    const { version, features, checkpoint } = JSON.parse(readFileSync(this.#files.checkpoint, "utf8")) as Checkpoint;
    return { version, ...(features === undefined ? {} : { features }), deployment: checkpoint.latest ?? { manifest: manifest("", new Date()) } };
  }

  describe(kind: UpdateKind, description: unknown): void {
    this.#kind = kind;
    this.#description = descriptionSchema.parse(description);
  }

  /** @throws StackBusy */
  start(): void {
    this.#begun = Date.now();
    this.#lock();
    try {
      this.#journal = new Journal(this.#files, this.#description?.metadata.environment["pulumi.version"] ?? "");
    } catch (error) {
      this.#unlock();
      throw error;
    }
  }

  /** Returns once the entries are on the disk. */
  tell(message: unknown): void {
    if (this.#journal === undefined) throw new Error("the update has not started, or has ended");
    this.#journal.append((entriesSchema.parse(message).entries ?? []) as JournalEntry[]);
  }

  /** Remembers, of all that happens, how many resources became what. */
  watch(message: unknown): void {
    for (const { summaryEvent } of eventsSchema.parse(message).events) this.#changes = summaryEvent?.resourceChanges ?? this.#changes;
  }

  complete(message: unknown): void {
    const { status } = endSchema.parse(message);
    if (!this.#end()) return;
    this.#writeHistory(status);
    this.#unlock();
  }

  /** For when the engine is gone: the state is what it told, its operations under way included. */
  abandon(): void {
    if (this.#end()) this.#unlock();
  }

  /** @returns whether it was under way */
  #end(): boolean {
    if (this.#journal === undefined) return false;
    this.#journal.close();
    this.#journal = undefined;
    foldJournal(this.#files);
    return true;
  }

  /** The file backend's lock, under a name that one run alone can take. */
  #lock(): void {
    const holder: LockHolder = { pid: this.engine, username: userInfo().username, hostname: hostname(), timestamp: new Date().toISOString() };
    mkdirSync(this.#files.lockFolder, { recursive: true });
    try {
      writeFileSync(this.#lockFile, JSON.stringify(holder), { flag: "wx" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") throw this.#busy();
      this.#unlock(); // a full disk leaves an empty one
      throw error;
    }
    if (lockHolders(this.#files).length === 1) return;
    this.#unlock();
    throw this.#busy();
  }

  #unlock(): void {
    rmSync(this.#lockFile, { force: true });
  }

  get #lockFile(): string {
    return join(this.#files.lockFolder, "update.json");
  }

  #busy(): StackBusy {
    const [holder] = lockHolders(this.#files);
    return new StackBusy(`Another run is changing the stack ${this.stack}${holder === undefined ? "" : `: process ${holder.pid} of ${holder.username}@${holder.hostname}`}.`);
  }

  /** In the file backend's form, for `pulumi stack history`. */
  #writeHistory(status: string): void {
    const { checkpoint, history } = this.#files;
    const name = join(history, `${this.stack}-${Date.now()}000000`);
    const { metadata, config } = this.#description ?? {};
    writeFileAtomic(`${name}.history.json`, JSON.stringify({
      kind: this.#kind, startTime: seconds(this.#begun), message: metadata?.message ?? "", environment: metadata?.environment ?? {},
      config: historyConfig(config ?? {}), version: 0, result: status === "succeeded" ? "succeeded" : "failed", endTime: seconds(Date.now()), resourceChanges: this.#changes ?? {},
    }, undefined, 4));
    if (existsSync(checkpoint)) copyFileSync(checkpoint, `${name}.checkpoint.json`);
  }
}

/** Secrets as the stack's file has them: encrypted. */
function historyConfig(config: NonNullable<Description["config"]>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).map(([key, { string, secret, object }]) => {
    if (object) return [key, JSON.parse(string) as unknown];
    return [key, secret ? { secure: string } : string];
  }));
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

import { randomUUID } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { writeFileAtomic } from "../../toolchain/atomic-file.ts";
import { UserError } from "../../toolchain/errors.ts";
import { markOf } from "../processes.ts";
import { lockHolders, type LockHolder } from "../recovery.ts";
import { embeddedClusters, type StackState } from "../stack-state.ts";
import type { StateFiles } from "../state-folder.ts";
import { entriesSchema, JOURNAL_VERSION } from "./entries.ts";
import { exported, type Exported } from "./deployment.ts";
import { foldJournal, Journal } from "./journal-file.ts";
import type { JournalEntry } from "./replay.ts";

export type UpdateKind = "update" | "destroy" | "refresh";

/** Another run changes the stack. */
export class StackBusy extends Error {}

const configValue = z.object({ string: z.string(), secret: z.boolean(), object: z.boolean() });
const descriptionSchema = z.object({
  config: z.record(z.string(), configValue).nullish(),
  metadata: z.object({ message: z.string().nullish(), environment: z.record(z.string(), z.string()) }),
  options: z.object({ dryRun: z.boolean().nullish() }).nullish(),
});
const beginningSchema = z.object({ journalVersion: z.int().nullish() });
const messageSchema = z.object({ entries: entriesSchema.nullish() });
const eventsSchema = z.object({
  events: z.array(
    z.looseObject({
      summaryEvent: z.looseObject({ resourceChanges: z.record(z.string(), z.int()).nullish() }).nullish(),
      diagnosticEvent: z.looseObject({ message: z.string() }).nullish(),
      stdoutEvent: z.looseObject({ message: z.string() }).nullish(),
    }),
  ),
});
const endSchema = z.object({ status: z.string() });

/** How the engine tells that a plugin or the program is gone in the middle of its work; of one that is gone at its start it says that the plugin has a bug. */
const BROKEN_OFF =
  /code = (Unavailable|Canceled)|error reading from server|transport is closing|a bug in the provider|signal: killed|ended by SIG/;

/** How the engine tells that it was asked to stop (pulumi/pkg, backend/cancellation_scope.go). A Ctrl-C reaches nobody but the engine, whose display reads the terminal key by key. */
const INTERRUPTED = /(\^C|SIGTERM) received; /;

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
  readonly #clusters: string[] = [];
  #isBrokenOff = false;
  #isInterrupted = false;

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

  /** Names of the embedded clusters that it has made or changed. */
  get clusters(): readonly string[] {
    return this.#clusters;
  }

  /** Whether a process that the engine works with was killed, or crashed, as far as the engine has told. */
  get isBrokenOff(): boolean {
    return this.#isBrokenOff;
  }

  /** Whether somebody pressed Ctrl-C, or sent a SIGTERM. */
  get isInterrupted(): boolean {
    return this.#isInterrupted;
  }

  /** The state before, as the engine exports it. */
  deployment(): Exported {
    return exported(readFileSync(this.#files.checkpoint, "utf8"));
  }

  describe(kind: UpdateKind, description: unknown): void {
    this.#kind = kind;
    this.#description = descriptionSchema.parse(description);
  }

  /** @throws StackBusy, or where the engine keeps no journal as this program reads it */
  start(message: unknown): void {
    const { journalVersion } = beginningSchema.parse(message);
    if (journalVersion !== JOURNAL_VERSION)
      throw new UserError(
        "journal-version",
        `The engine wants a journal of version ${journalVersion ?? "none"}, and this program keeps version ${JOURNAL_VERSION}. With GUILDNET_JOURNAL=off in the environment it writes its state without one.`,
      );
    this.#begun = Date.now();
    // The preview before an update changes nothing, and is no update of the history.
    if (this.#description?.options?.dryRun === true) return;
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
    const entries = (messageSchema.parse(message).entries ?? []) as JournalEntry[];
    this.#journal.append(entries);
    this.#clusters.push(
      ...embeddedClusters({ deployment: { resources: entries.flatMap(({ state }) => state ?? []) } } as StackState),
    );
  }

  /** Remembers, of all that happens, how many resources became what, whether something broke off, and whether somebody interrupted it. */
  watch(message: unknown): void {
    for (const { summaryEvent, diagnosticEvent, stdoutEvent } of eventsSchema.parse(message).events) {
      this.#changes = summaryEvent?.resourceChanges ?? this.#changes;
      this.#isBrokenOff ||= BROKEN_OFF.test(diagnosticEvent?.message ?? "");
      this.#isInterrupted ||= INTERRUPTED.test(stdoutEvent?.message ?? "");
    }
  }

  /** @throws UserError `journal-lost`, `state-changed` */
  complete(message: unknown): void {
    const { status } = endSchema.parse(message);
    this.#end(!this.#isBrokenOff && !this.#isInterrupted, () => this.#writeHistory(status));
  }

  /** For when the engine is gone: the state is what it told, its operations under way included. @throws as `complete` */
  abandon(): void {
    this.#end(false);
  }

  #end(endedByItself: boolean, then: () => void = () => {}): void {
    if (this.#journal === undefined) return;
    this.#journal.close();
    this.#journal = undefined;
    try {
      this.#fold(endedByItself);
      then();
    } finally {
      this.#unlock();
    }
  }

  #fold(endedByItself: boolean): void {
    const { journal, checkpoint } = this.#files;
    if (!existsSync(journal))
      throw new UserError(
        "journal-lost",
        `The journal ${journal} was removed while the run was under way: what it did is not in the state ${checkpoint}. Run it again: what exists is taken over.`,
      );
    const folded = foldJournal(this.#files, endedByItself);
    if (folded.kind === "aside")
      throw new UserError(
        "state-changed",
        `The state ${checkpoint} was changed by another program while the run was under way. What this one did is kept in ${folded.file}, and is not in the state. Run it again: what exists is taken over.`,
      );
  }

  /** The file backend's lock, under a name that one run alone can take. */
  #lock(): void {
    const holder: LockHolder = {
      pid: this.engine,
      username: userInfo().username,
      hostname: hostname(),
      timestamp: new Date().toISOString(),
      engine: markOf(this.engine),
      writer: markOf(process.pid),
    };
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
    return new StackBusy(
      `Another run is changing the stack ${this.stack}${holder === undefined ? "" : `: process ${holder.pid} of ${holder.username}@${holder.hostname}`}.`,
    );
  }

  /** In the file backend's form, for `pulumi stack history`. */
  #writeHistory(status: string): void {
    const { checkpoint, history } = this.#files;
    const name = join(history, `${this.stack}-${Date.now()}000000`);
    const { metadata, config } = this.#description ?? {};
    writeFileAtomic(
      `${name}.history.json`,
      JSON.stringify(
        {
          kind: this.#kind,
          startTime: seconds(this.#begun),
          message: metadata?.message ?? "",
          environment: metadata?.environment ?? {},
          config: historyConfig(config ?? {}),
          version: 0,
          result: status === "succeeded" ? "succeeded" : "failed",
          endTime: seconds(Date.now()),
          resourceChanges: this.#changes ?? {},
        },
        undefined,
        4,
      ),
    );
    if (existsSync(checkpoint)) copyFileSync(checkpoint, `${name}.checkpoint.json`);
  }
}

/** Secrets as the stack's file has them: encrypted. */
function historyConfig(config: NonNullable<Description["config"]>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([key, { string, secret, object }]) => {
      if (object) return [key, JSON.parse(string) as unknown];
      return [key, secret ? { secure: string } : string];
    }),
  );
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

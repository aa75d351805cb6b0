import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { isAlive, type ProcessMark } from "./processes.ts";
import type { StackState } from "./stack-state.ts";
import type { StateFiles } from "./state-folder.ts";

/** What a lock file of the file backend says of its holder. */
export interface LockHolder {
  readonly pid: number;
  readonly hostname: string;
  readonly username: string;
  /** RFC 3339. */
  readonly timestamp: string;
  /** In locks of ours: that very run of the engine, and that of the command which writes down what it does. */
  readonly engine?: ProcessMark;
  readonly writer?: ProcessMark;
}

/** A lock, or the beginnings of one, which a full disk leaves behind: the engine takes that for a lock, and fails to read it. */
const LOCK = /\.json(\.[0-9a-f]+\.tmp)?$/;

/** Whether a process of this id runs here and is a Pulumi engine. */
export type IsEngine = (pid: number) => boolean;

/**
 * Removes the locks of engines that were killed, and ends engines whose command was: nobody writes down any more what
 * they do. A lock of another machine or another user is left: whether its holder lives can't be seen from here, and
 * the engine says who it is.
 * @returns a line for each
 */
export function removeStaleLocks({ lockFolder }: StateFiles, isEngine: IsEngine = isRunningEngine): string[] {
  if (!existsSync(lockFolder)) return [];
  return readdirSync(lockFolder)
    .filter((file) => LOCK.test(file))
    .flatMap((file) => {
      const path = join(lockFolder, file);
      const holder = readLock(path);
      const ended = holder === undefined ? [] : endWithoutWriter(holder);
      if (holder !== undefined && !isStale(holder, isEngine)) return [];
      rmSync(path, { force: true });
      return [...ended, `Removed the lock of a run that was killed (process ${holder?.pid ?? "unknown"}).`];
    });
}

/** Returns once it is gone. */
function endWithoutWriter({ engine, writer }: LockHolder): string[] {
  if (engine === undefined || writer === undefined || isAlive(engine) !== true || isAlive(writer) !== false) return [];
  process.kill(engine.pid, "SIGKILL");
  while (isAlive(engine) === true) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  return [`Ended an engine whose command was killed (process ${engine.pid}).`];
}

/** The runs that hold the stack, as far as they are known to live. */
export function lockHolders({ lockFolder }: StateFiles): LockHolder[] {
  if (!existsSync(lockFolder)) return [];
  return readdirSync(lockFolder)
    .filter((file) => file.endsWith(".json"))
    .flatMap((file) => readLock(join(lockFolder, file)) ?? []);
}

/** Whether the holder of a lock is known to be gone. A machine may have got another name since: what our own locks say of the kernel goes before it. */
export function isStale(holder: LockHolder, isEngine: IsEngine): boolean {
  const alive = holder.engine === undefined ? undefined : isAlive(holder.engine);
  if (alive !== undefined) return !alive;
  return holder.hostname === hostname() && holder.username === userInfo().username && !isEngine(holder.pid);
}

/** What to do about the lock of a run that can't be seen from here; nothing to say of one that can. */
export function waysOut({ engine, hostname: machine, username }: LockHolder, stack: string): string {
  const isSeen =
    engine === undefined ? machine === hostname() && username === userInfo().username : isAlive(engine) !== undefined;
  return isSeen
    ? ""
    : `\nThat is another machine, container or user, and whether the run still lives can't be seen from here. If it is gone for good, \`npm run pulumi -- cancel --yes --stack ${stack}\` frees the stack.`;
}

/** Undefined for a lock that was cut off while it was written. */
function readLock(file: string): LockHolder | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as LockHolder;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Process ids are used again: a process of that id counts only when it is an engine, and not one that is dead and still listed. */
export function isRunningEngine(pid: number): boolean {
  try {
    return /^\d+ \(pulumi.*\) [^ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/**
 * Removes what a killed engine left half written: beginnings of files, and the attributes of whole ones. Those it
 * writes in place, and can't read a file whose attributes are empty; without any, it can.
 */
export function removeHalfWritten({ checkpoint, history }: StateFiles): void {
  const ofStack = filesIn(dirname(checkpoint)).filter((path) => path.startsWith(`${checkpoint}.`));
  for (const path of [...ofStack, ...filesIn(history)]) {
    const isHalf = path.endsWith(".tmp") || (path.endsWith(".attrs") && statSync(path).size === 0);
    if (isHalf) rmSync(path);
  }
}

function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

/** Whether a run was killed in the middle of an operation whose end the engine does not know. */
export function hasPendingOperations({ checkpoint }: StateFiles): boolean {
  if (!existsSync(checkpoint)) return false;
  const { checkpoint: content } = JSON.parse(readFileSync(checkpoint, "utf8")) as {
    checkpoint: { latest?: StackState["deployment"] };
  };
  return (content.latest?.pending_operations?.length ?? 0) > 0;
}

import type { StdioOptions } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { UserError } from "../toolchain/errors.ts";
import type { Home } from "../toolchain/home.ts";
import { NO_DEBUG_MESSAGES } from "../toolchain/language-host/debug-messages.ts";
import { runAttended } from "../toolchain/run-attended.ts";
import { unwritable } from "../toolchain/unwritable.ts";
import { endAbandonedPlugins } from "./abandoned-plugins.ts";
import { parseEngineArguments, withDefaults } from "./arguments.ts";
import { lockStack } from "./command-lock.ts";
import { exported } from "./journal/deployment.ts";
import { foldJournal } from "./journal/journal-file.ts";
import { changesLogged, eventsLogged, FOR_PROGRAMS } from "./event-log.ts";
import { journaled, type StartEngine } from "./journal/journaled.ts";
import type { OtherStacks } from "./journal/state-service.ts";
import { Update } from "./journal/update.ts";
import { whileAlive, type IsAlive, type Meanwhile } from "./lost-clusters.ts";
import { Keyring, type Passphrase } from "./passphrase.ts";
import { begunCreations, withoutPending, type FindMade } from "./pending.ts";
import type { Project } from "./project.ts";
import { readState, saltOfState } from "./read-state.ts";
import { hasPendingOperations, lockHolders, removeHalfWritten, removeStaleLocks, waysOut } from "./recovery.ts";
import { restoreCheckpoint } from "./restore-checkpoint.ts";
import { unsealed } from "./sealed.ts";
import type { Backend } from "./session.ts";
import { prepareStackConfig, stackFolder, type StackConfig } from "./stack-config.ts";
import { embeddedClusters, type StackState, type StateResource } from "./stack-state.ts";
import { withTemporaryFolder } from "./temporary-folder.ts";
import { forgetState, hasState, projectName, removeIfEmpty, stateFiles, type StateFiles } from "./state-folder.ts";

/** How many resources an update found or made how: `same`, `create`, `update` … */
export type Changes = Readonly<Record<string, number>>;

/** Exit codes above it tell of the signal that ended a process. */
const SIGNALLED = 128;

type Say = (line: string) => void;

/** All that an engine takes from the world around it. */
export interface EngineOptions {
  readonly project: Project;
  /** As `ownName` has it where the state is ours. */
  readonly stack: string;
  readonly home: Home;
  readonly backend: Backend;
  /** Of the engine's processes, as `engineEnvironment` makes it. */
  readonly env: NodeJS.ProcessEnv;
  /** What the secrets of a state of ours are encrypted with. */
  readonly passphrase: Passphrase;
  /** The Kubernetes plugin's program, as `placeKubernetesPlugin` says. */
  readonly kubernetesPlugin: string;
  /** Whether steps are written down in a journal of ours, as `keepsJournal` says. */
  readonly keepsJournal: boolean;
  /** Told what was found and put right. */
  readonly say: Say;
}

/**
 * The engine, ready to run commands on one stack. Not by Pulumi's Automation API, which has no journal, no settings outside
 * of the checkout, and asks the engine for what a look at the state's file tells: measured on two cores, its import, version
 * check, selection, outputs and summary take 2.2 s around each `up`, and an `up` without changes takes 3.4.
 */
export class Engine {
  readonly project: string;
  readonly stack: string;
  readonly home: Home;
  readonly env: NodeJS.ProcessEnv;
  readonly #project: Project;
  readonly #say: Say;
  readonly #backend: Backend;
  readonly #files: StateFiles;
  readonly #keyring: Keyring;
  /** The Kubernetes plugin's program. */
  readonly #plugin: string;
  /** Whether the engine is one whose journal this program reads. */
  readonly #keepsJournal: boolean;
  #changes?: Changes;

  constructor({ project, stack, home, backend, env, passphrase, kubernetesPlugin, keepsJournal, say }: EngineOptions) {
    this.#plugin = kubernetesPlugin;
    this.#keepsJournal = keepsJournal;
    this.project = projectName(project.root);
    this.stack = stack;
    this.home = home;
    this.env = env;
    this.#project = project;
    this.#say = say;
    this.#backend = backend;
    this.#files = stateFiles(home, this.project, stack);
    this.#keyring = new Keyring(passphrase);
  }

  /** For what belongs to this stack but not into its project's folder. */
  get folder(): string {
    return stackFolder(this.home, this.project, this.stack);
  }

  /** Whether the stack exists. Asks the engine only where the state is not ours to look at. */
  async stackExists(): Promise<boolean> {
    if (this.#backend.kind === "own") return hasState(this.#files);
    const { code } = await this.#capture(["stack", "--show-name", "--stack", this.stack]);
    return code === 0;
  }

  /** Creates the stack unless it exists. The project folder it is created in is ours, so that the salt is written there. */
  async ensureStack(say: Say = this.#say): Promise<void> {
    if (await this.stackExists()) return;
    const hidden = this.#hidden();
    if (hidden !== "") say(hidden);
    // Else its state would be encrypted with another passphrase than the stack's file is.
    await this.#assertReadable(this.#config());
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(join(this.folder, "Pulumi.yaml"), `name: ${this.project}\nruntime: nodejs\n`);
    const { code, stderr } = await this.#capture(["stack", "init", this.stack, "--no-select"], this.folder);
    if (code !== 0)
      throw new UserError(
        "stack-init-failed",
        `The stack ${this.stack} could not be created:\n\n${stderr.trim()}\n\n${hidden}`.trim(),
      );
  }

  #config(): StackConfig {
    return prepareStackConfig(
      this.#project,
      this.home,
      this.stack,
      this.#backend.kind === "own" ? saltOfState(this.#files) : undefined,
    );
  }

  /** What a variable or a login hides that the person may mean. */
  #hidden(): string {
    if (this.#backend.kind === "own" || !hasState(this.#files)) return "";
    return `The state is not that of ${this.home.state}, which has a stack ${this.stack} too: ${this.#backend.by} says that it is elsewhere.`;
  }

  /**
   * Does work that changes the stack, or its cluster, while no other command of this home does.
   * @param command its name, for whoever comes meanwhile
   * @throws UserError `stack-busy`
   */
  async alone<T>(command: string, work: () => Promise<T>): Promise<T> {
    const taken = await this.#take(command);
    if (!("free" in taken))
      throw this.#busy(taken.holder === undefined ? "" : `: \`${taken.holder.command}\`, process ${taken.holder.pid}`);
    try {
      return await work();
    } finally {
      taken.free();
    }
  }

  /** `recover`, unless another command has the stack: for commands that only look at it. */
  async recoverIfFree(command: string, say: Say = this.#say): Promise<void> {
    const taken = await this.#take(command);
    if (!("free" in taken)) return;
    try {
      this.recover(say);
    } finally {
      taken.free();
    }
  }

  #take(command: string): ReturnType<typeof lockStack> {
    return lockStack([realpathSync(this.home.root), this.project, this.#name], command);
  }

  /** Puts right what a killed run left in our backend: its engine and plugins, its lock, a damaged state file. Leaves a stack alone that a living run holds. */
  recover(say: Say = this.#say): void {
    if (this.#backend.kind === "elsewhere") return;
    for (const line of [...removeStaleLocks(this.#files), ...endAbandonedPlugins(this.#plugin)]) say(line);
    if (this.#isHeld()) return;
    removeHalfWritten(this.#files);
    const restored = restoreCheckpoint(this.#files);
    if (restored !== undefined) say(restored);
    const folded = foldJournal(this.#files);
    if (folded.kind === "taken") say("Took over what a run that was killed had done.");
    if (folded.kind === "aside")
      say(
        `The journal of a run that was killed goes on from another state than there is now: what it did is not in the state, and is kept in ${folded.file}. What exists is taken over by the next update.`,
      );
  }

  /**
   * All that the engine knows of the stack, its secrets in plain text: nothing of it goes to a log. By a look at the file where the state is ours.
   * @throws UserError `wrong-passphrase`, `state-secret-damaged`
   */
  async state(): Promise<StackState> {
    const read = this.#backend.kind === "own" ? await readState(this.#files, this.#keyring) : undefined;
    if (read !== undefined) return read;
    const plain = (): string => {
      throw new Error("the engine exports its secrets in plain");
    };
    return unsealed(await this.json<StackState>(["stack", "export", "--show-secrets"]), plain) as StackState;
  }

  /**
   * Settles the operations whose end a killed run never saw: what it made is taken into the state, and the rest
   * forgotten, for a run that does it again.
   * @returns their resources: the rest may exist too, in part, and be in no state
   */
  async settlePendingOperations(find: FindMade, say: Say = this.#say): Promise<StateResource[]> {
    if (this.#backend.kind === "elsewhere" || this.#isHeld() || !hasPendingOperations(this.#files)) return [];
    const plain = await this.state();
    const made = await find(begunCreations(plain), plain);
    const state = await this.json<StackState>(["stack", "export"]);
    await this.importState(JSON.stringify(withoutPending(state, made)));
    say("A run was killed in the middle of an operation; the operation will be done again.");
    if (made.size > 0) await this.#refresh([...made.keys()]);
    return (state.deployment.pending_operations ?? []).map(({ resource }) => resource);
  }

  /** Takes what there is into the state. @throws UserError `engine-failed` */
  async #refresh(urns: readonly string[]): Promise<void> {
    const code = await this.run([
      "refresh",
      "--yes",
      "--skip-preview",
      "--suppress-outputs",
      ...urns.flatMap((urn) => ["--target", urn]),
    ]);
    if (code !== 0)
      throw new UserError(
        "engine-failed",
        "What a run that was killed had made could not be looked at, for the reason above. Nothing was changed; run this again.",
      );
  }

  #isHeld(): boolean {
    return lockHolders(this.#files).length > 0;
  }

  /** @throws UserError `stack-busy` while another run changes the stack */
  assertFree(): void {
    const [holder] = this.#backend.kind === "own" ? lockHolders(this.#files) : [];
    if (holder !== undefined)
      throw this.#busy(`: process ${holder.pid} of ${holder.username}@${holder.hostname}`, waysOut(holder, this.#name));
  }

  #busy(by: string, more = ""): UserError {
    return new UserError(
      "stack-busy",
      `Another run is changing the stack ${this.stack}${by}. Wait for it to end, then run this again.${more}`,
    );
  }

  /** Of `organization/project/stack` the last part. */
  get #name(): string {
    return this.stack.split("/").pop() ?? this.stack;
  }

  /**
   * Runs the engine on the stack with the terminal as its own, and with the policy pack where it runs the program.
   * @param counts whether `lastChanges` shall tell what a preview finds
   * @param onEvents is given the engine's event log at the end, however that came
   * @param isAlive looks at the clusters that an update works in, and ends it once one of them has ended by itself
   * @param meanwhile is called about each second with those clusters
   * @returns the exit code
   */
  async run(
    args: readonly string[],
    {
      stdio = "inherit",
      counts = false,
      onEvents,
      ...watch
    }: {
      stdio?: StdioOptions;
      counts?: boolean;
      onEvents?: (events: readonly unknown[]) => void;
      isAlive?: IsAlive;
      meanwhile?: Meanwhile;
    } = {},
  ): Promise<number> {
    const config = this.#config();
    const pack = join(this.#project.root, "policy");
    const policyPack = existsSync(join(pack, "PulumiPolicy.yaml")) ? pack : undefined;
    const { changesConfig, updates, debugs, readsSecrets } = parseEngineArguments(args);
    if (readsSecrets) await this.#assertReadable(config);
    const debug = debugs ? {} : { [NO_DEBUG_MESSAGES]: "true" };
    const isJournaled = updates && this.#backend.kind === "own" && this.#keepsJournal;
    const defaults = { configFile: config.file, policyPack, permalink: !isJournaled };
    const [code] = await withTemporaryFolder(this.home, async (TMPDIR) => {
      const isLogged = counts || onEvents !== undefined,
        eventLog = isLogged ? join(TMPDIR, "events.json") : undefined;
      const start: StartEngine<number> = (env, onStart) =>
        runAttended("pulumi", withDefaults(args, { ...defaults, eventLog }), {
          cwd: this.#project.root,
          env: { ...this.env, ...debug, ...(isLogged && FOR_PROGRAMS), TMPDIR, ...env },
          stdio,
          onStart,
          endsWithUs: isJournaled,
        });
      const ended = await Promise.all([
        isJournaled ? this.#journaled(TMPDIR, start, watch) : start({}),
        import("execa"), // wanted next, and loaded while there is nothing else to do
      ]);
      if (eventLog !== undefined && counts && ended[0] === 0) this.#changes = changesLogged(eventLog);
      if (eventLog !== undefined) onEvents?.(eventsLogged(eventLog));
      return ended;
    });
    if (changesConfig) config.writeBack();
    return code;
  }

  /** The engine takes a secret that it can't decrypt for null, and would apply that. @throws UserError `wrong-passphrase`, `state-secret-damaged` */
  async #assertReadable({ secrets: { file, salt } }: StackConfig): Promise<void> {
    if (this.#backend.kind === "elsewhere") return;
    if (salt !== undefined) await this.#keyring.open(salt, file);
    if (hasState(this.#files)) await readState(this.#files, this.#keyring);
  }

  /** What the last update did, or a preview that counted would do. */
  async lastChanges(): Promise<Changes> {
    if (this.#changes !== undefined) return this.#changes;
    const [last] = await this.json<readonly { resourceChanges?: Changes }[]>([
      "stack",
      "history",
      "--json",
      "--page-size",
      "1",
    ]);
    return last?.resourceChanges ?? {};
  }

  /** Other stacks of our state folder, for programs that refer to them. */
  readonly #others: OtherStacks = (project, stack) => {
    const { checkpoint } = stateFiles(this.home, project, stack);
    return existsSync(checkpoint) ? exported(readFileSync(checkpoint, "utf8")) : undefined;
  };

  async #journaled(
    folder: string,
    start: StartEngine<number>,
    { isAlive, meanwhile }: { isAlive?: IsAlive; meanwhile?: Meanwhile },
  ): Promise<number> {
    const update = new Update(this.project, this.stack, this.#files),
      before = embeddedClusters(update.deployment() as StackState);
    const running = journaled(
      update,
      folder,
      {
        others: this.#others,
        explain: (error) => unwritable(error, { root: this.home.root, stackFiles: this.#project.stackFiles }) ?? error,
      },
      start,
    );
    const onLost = (cluster: string): void => {
      this.#say(
        `\nThe cluster ${cluster} ended in the middle of this run. What is waited for in it can't come any more: the run is ended.`,
      );
      process.kill(update.engine, "SIGTERM");
    };
    const code = await (isAlive === undefined
      ? running
      : whileAlive(running, { clusters: () => [...before, ...update.clusters], isAlive, onLost, meanwhile }));
    this.#changes = update.changes;
    if (code !== 0 && (update.isInterrupted || update.isBrokenOff || code > SIGNALLED)) {
      this.#say(
        `\n${update.isInterrupted ? "This run was interrupted." : "A process of this run was killed, or crashed."} Run it again: what it has done is kept, and the rest is done then.`,
      );
    }
    return code;
  }

  /** What the engine prints, parsed. @throws UserError `engine-failed` */
  async json<T>(args: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await this.#capture([...args, "--stack", this.stack]);
    if (code !== 0) throw new UserError("engine-failed", `pulumi ${args.join(" ")} failed:\n\n${stderr.trim()}`);
    return JSON.parse(stdout) as T;
  }

  /** Removes a stack without resources, and what the engine would keep of it. @returns the exit code */
  async removeStack(): Promise<number> {
    const code = await this.run(["stack", "rm", this.stack, "--yes"]);
    if (code === 0 && this.#backend.kind === "own") forgetState(this.#files);
    return code;
  }

  /** Removes the stack's folder, and its project's when it was the last. */
  forgetFolder(): void {
    rmSync(this.folder, { recursive: true, force: true });
    removeIfEmpty(dirname(this.folder));
  }

  /** Replaces the stack's state. @throws UserError `state-import-failed`; `wrong-passphrase`, `state-secret-damaged` where the one before can't be read */
  async importState(state: string): Promise<void> {
    // What it is made of was exported by the engine, which takes a damaged secret for null.
    if (this.#backend.kind === "own" && hasState(this.#files)) await readState(this.#files, this.#keyring);
    const folder = mkdtempSync(join(tmpdir(), "guildnet-state-"));
    try {
      const file = join(folder, "state.json");
      writeFileSync(file, state, { mode: 0o600 });
      const { code, stderr } = await this.#capture(["stack", "import", "--file", file, "--stack", this.stack]);
      if (code !== 0)
        throw new UserError(
          "state-import-failed",
          `The state of ${this.stack} could not be changed:\n\n${stderr.trim()}`,
        );
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  async #capture(
    args: readonly string[],
    cwd: string = this.#project.root,
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const { execa } = await import("execa");
    const result = await withTemporaryFolder(this.home, (TMPDIR) =>
      execa("pulumi", [...args, "--non-interactive"], {
        cwd,
        env: { ...this.env, TMPDIR },
        extendEnv: false,
        stdin: "ignore",
        reject: false,
      }),
    );
    return { code: result.exitCode ?? 1, stdout: result.stdout, stderr: result.stderr };
  }
}

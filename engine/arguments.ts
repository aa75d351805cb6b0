/** Global and common flags of the engine that take a value of their own, so that the value is not taken for the command. */
const VALUE_FLAGS = new Set([
  "-C",
  "--cwd",
  "--color",
  "-v",
  "--verbose",
  "--tracing",
  "--profiling",
  "--memprofilerate",
  "--otel-traces",
  "-s",
  "--stack",
]);

/** `-d`, alone or among other short flags. */
const SHORT_DEBUG = /^-[a-z]*d/i;

const PROJECT_FOLDER = new Set(["-C", "--cwd"]);

/** Commands (and their aliases) that take `--config-file`, and would else write the salt into the checkout. */
const WITH_CONFIG_FILE = new Set([
  "up",
  "update",
  "preview",
  "pre",
  "destroy",
  "down",
  "dn",
  "refresh",
  "watch",
  "import",
  "logs",
  "config",
]);
/** Commands that change what the stack is made of, step by step. */
const UPDATES = new Set(["up", "update", "destroy", "down", "dn", "refresh"]);
/** Commands that change the state in another way. A `cancel` takes the lock alone from a run that goes on. */
const CHANGES_STATE = new Set(["import", "state", "watch", "cancel"]);
/** What `stack` does of the kind. */
const STACK_CHANGES = new Set(["import", "rm", "remove", "rename", "change-secrets-provider"]);
/** Commands that run the program, and so the policy pack. */
const RUNS_THE_PROGRAM = new Set(["up", "update", "preview", "pre", "watch"]);

/** What has to be known of a command line for the engine. */
export interface EngineArguments {
  /** `preview`, `stack` …; undefined for `pulumi --help`. */
  readonly command?: string;
  /** The stack it names, if it does. */
  readonly stack?: string;
  /** Folder of the project it names, if it does. */
  readonly projectFolder?: string;
  /** Whether it may change the stack's settings. */
  readonly changesConfig: boolean;
  /** Whether it may change the stack's resources. */
  readonly updates: boolean;
  /** Whether it may change what the state says, step by step or not. */
  readonly changesState: boolean;
  /** Whether it runs the program, and so needs the stack's config. */
  readonly runsTheProgram: boolean;
  /** Whether it works with the state's secrets, to change something or to say what would be. */
  readonly readsSecrets: boolean;
  /** Whether it may show what programs tell for debugging. */
  readonly debugs: boolean;
}

/** Reads a command line; it is the engine's to judge. */
export function parseEngineArguments(args: readonly string[]): EngineArguments {
  const [command, sub, third] = positionals(args);
  const named = command === "cancel" ? sub : isStackRemoval(args) ? third : undefined;
  const updates = isUpdate(args, command);
  const changesState =
    updates || CHANGES_STATE.has(command ?? "") || (command === "stack" && STACK_CHANGES.has(sub ?? ""));
  const runsTheProgram = RUNS_THE_PROGRAM.has(command ?? "") && !hasFlag(args, "--help") && !hasFlag(args, "-h");
  return {
    command,
    stack: flagValue(args, "--stack", "-s") ?? named,
    projectFolder: flagValue(args, "--cwd", "-C"),
    changesConfig: command === "config",
    updates,
    changesState,
    runsTheProgram,
    readsSecrets: updates || RUNS_THE_PROGRAM.has(command ?? ""),
    debugs: hasFlag(args, "--debug") || args.some((arg) => SHORT_DEBUG.test(arg)),
  };
}

function isUpdate(args: readonly string[], command: string | undefined): boolean {
  return (
    command !== undefined &&
    UPDATES.has(command) &&
    !["--help", "-h", "--preview-only"].some((flag) => hasFlag(args, flag))
  );
}

/** The command line for an engine that is started in the project's folder. */
export function withoutProjectFolder(args: readonly string[]): string[] {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const kept = args
    .slice(0, end)
    .filter(
      (arg, index, all) =>
        !arg.startsWith("--cwd=") && !PROJECT_FOLDER.has(arg) && !PROJECT_FOLDER.has(all[index - 1] ?? ""),
    );
  return [...kept, ...args.slice(end)];
}

export interface Defaults {
  readonly configFile?: string;
  readonly policyPack?: string;
  /** Whether there is a page about an update to point at. @default true */
  readonly permalink?: boolean;
  /** Where to write down each event. */
  readonly eventLog?: string;
}

/** The command line with the stack's settings and the policy pack, where the command takes them and does not name its own. */
export function withDefaults(
  args: readonly string[],
  { configFile, policyPack, permalink = true, eventLog }: Defaults,
): string[] {
  const { command } = parseEngineArguments(args);
  if (command === undefined) return [...args];
  const extra = [
    ...(configFile !== undefined && WITH_CONFIG_FILE.has(command) && !hasFlag(args, "--config-file")
      ? ["--config-file", configFile]
      : []),
    ...(policyPack !== undefined && RUNS_THE_PROGRAM.has(command) && !hasFlag(args, "--policy-pack")
      ? ["--policy-pack", policyPack]
      : []),
    ...(!permalink && isUpdate(args, command) && !hasFlag(args, "--suppress-permalink")
      ? ["--suppress-permalink=true"]
      : []),
    ...(eventLog === undefined ? [] : ["--event-log", eventLog]),
    // Without it `stack rm` deletes the stack's file from the checkout.
    ...(isStackRemoval(args) && !hasFlag(args, "--preserve-config") ? ["--preserve-config"] : []),
  ];
  // Before `--`, after which nothing is a flag.
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  return [...args.slice(0, end), ...extra, ...args.slice(end)];
}

export function isStackRename(args: readonly string[]): boolean {
  const [command, sub] = positionals(args);
  return command === "stack" && sub === "rename" && !hasFlag(args, "--help");
}

/** Beyond a name, what `stack init` takes that is the engine's own to do. */
const OF_ITS_OWN = ["--secrets-provider", "--copy-config-from", "--teams", "--help", "-h"];

/** The stack that is to be made, where nothing more is asked for. */
export function stackToMake(args: readonly string[]): string | undefined {
  const [command, sub, name, ...more] = positionals(args);
  if (command !== "stack" || sub !== "init" || more.length > 0 || OF_ITS_OWN.some((flag) => hasFlag(args, flag)))
    return undefined;
  return name ?? flagValue(args, "--stack", "-s");
}

function isStackRemoval(args: readonly string[]): boolean {
  const [command, sub] = positionals(args);
  return command === "stack" && (sub === "rm" || sub === "remove");
}

function positionals(args: readonly string[]): string[] {
  const found: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    if (arg === "--") break;
    if (VALUE_FLAGS.has(arg)) index++;
    else if (!arg.startsWith("-")) found.push(arg);
  }
  return found;
}

function hasFlag(args: readonly string[], flag: string): boolean {
  return args.some((arg) => arg === flag || arg.startsWith(`${flag}=`));
}

function flagValue(args: readonly string[], long: string, short: string): string | undefined {
  for (const [index, arg] of args.entries()) {
    if (arg === "--") return undefined;
    if (arg === long || arg === short) return args[index + 1];
    if (arg.startsWith(`${long}=`)) return arg.slice(long.length + 1);
  }
  return undefined;
}

import { resolve } from "node:path";
import { isAlive } from "../../provider/control.ts";
import { findMade } from "../drift/half-made.ts";
import { isStackRename, parseEngineArguments, stackToMake, withoutProjectFolder } from "../../engine/arguments.ts";
import { saidPreview } from "../events/previewed.ts";
import { openEngine, projectAt } from "../open-engine.ts";
import { assertHasFile } from "../../engine/stack-config.ts";
import { UserError } from "../../toolchain/errors.ts";
import { PROJECT_ROOT } from "../../toolchain/project.ts";

/** Commands that need no stack: they must work before there is one, and for another project. */
const WITHOUT_STACK = new Set([
  undefined,
  "about",
  "version",
  "help",
  "login",
  "logout",
  "whoami",
  "plugin",
  "new",
  "install",
  "package",
  "policy",
  "schema",
  "gen-completion",
  "convert",
]);

/** Commands that do again what a killed run was at. Any other leaves in the state what may exist. */
const DOES_AGAIN = new Set<string | undefined>(["up", "update"]);

const HELP = `npm run pulumi -- <anything>

Runs the Pulumi engine on this project: the right version on the PATH, its state below GUILDNET_HOME, the
stack's settings, and the policy pack on every preview and update. The stack is \`dev\` unless --stack or
PULUMI_STACK names another, and the project this one unless -C <folder> does (examples/storage, say).
What follows is the engine's own help.

`;

/** The engine itself ends such a command in the middle of its work (3.230.0: "Urn is ''"). @throws UserError `stack-renamed` */
export function assertKeepsName(args: readonly string[], stack: string): void {
  if (!isStackRename(args)) return;
  throw new UserError(
    "stack-renamed",
    `The stack ${stack} keeps its name: its cluster, and the folders with homes, keys and certificate, are called after it, and under another name all of them would be made anew and empty. Nothing was changed. What people see is the key \`name\` of its config.`,
  );
}

/** @param isGuild whether the project is this one: `npm run up` brings up no other */
export function comparedAlone(isGuild: boolean): string {
  return `This run compared the program with its state alone; with --refresh${isGuild ? ", or by `npm run up`," : ""} it looks at what is there as well.`;
}

/** Hands the command line to the engine; its exit code is ours. */
export async function pulumiCommand(args: readonly string[], defaultStack: string): Promise<void> {
  const {
    command,
    stack = defaultStack,
    projectFolder = PROJECT_ROOT,
    changesState,
    runsTheProgram,
  } = parseEngineArguments(args);
  if (command === undefined && args.some((arg) => arg === "--help" || arg === "-h")) process.stdout.write(HELP);
  if (projectFolder === PROJECT_ROOT) assertKeepsName(args, stack);
  if (projectFolder === PROJECT_ROOT && runsTheProgram) assertHasFile(projectAt(), stack);
  const root = resolve(PROJECT_ROOT, projectFolder),
    wanted = stackToMake(args),
    engine = await openEngine(wanted ?? stack, root);
  const ended = (counts: boolean) => engine.run(withoutProjectFolder(args), { counts, isAlive });
  const run = async (): Promise<void> => void (process.exitCode = await ended(false));
  // The engine would write the stack's salt into the project.
  if (wanted !== undefined && !(await engine.stackExists())) {
    await engine.ensureStack();
    process.stdout.write(`Created stack '${engine.stack}'\n`);
    return;
  }
  if (WITHOUT_STACK.has(command) || args.includes("--help")) return run();
  if (!changesState) {
    if (command !== "stack") await engine.ensureStack();
    await engine.recoverIfFree(`pulumi ${command}`);
    if (command !== "preview" || projectFolder !== PROJECT_ROOT) return run();
    process.exitCode = await saidPreview(engine, ended);
    return;
  }
  await engine.alone(`pulumi ${command}`, async () => {
    if (command !== "stack") await engine.ensureStack();
    engine.recover();
    if (DOES_AGAIN.has(command)) await engine.settlePendingOperations(findMade);
    await run();
    const looks = args.some((arg) => arg === "-r" || arg.startsWith("--refresh"));
    if (DOES_AGAIN.has(command) && !looks) process.stderr.write(`${comparedAlone(projectFolder === PROJECT_ROOT)}\n`);
  });
}

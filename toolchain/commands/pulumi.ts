import { parseEngineArguments } from "../engine/arguments.ts";
import { Engine } from "../engine/engine.ts";

/** Commands that need no stack: they must work before there is one, and for another project. */
const WITHOUT_STACK = new Set([undefined, "about", "version", "help", "login", "logout", "whoami", "plugin", "new", "install", "package", "policy", "schema", "gen-completion", "convert"]);

const HELP = `npm run pulumi -- <anything>

Runs the Pulumi engine on this project: the right version on the PATH, its state below GUILDNET_HOME, the
stack's settings, and the policy pack on every preview and update. The stack is \`dev\` unless --stack or
PULUMI_STACK names another. What follows is the engine's own help.

`;

/** Hands the command line to the engine; its exit code is ours. */
export async function pulumiCommand(args: readonly string[], defaultStack: string): Promise<void> {
  const { command, stack = defaultStack } = parseEngineArguments(args);
  if (command === undefined && args.some((arg) => arg === "--help" || arg === "-h")) process.stdout.write(HELP);
  const engine = await Engine.open(stack);
  if (!WITHOUT_STACK.has(command) && !args.includes("--help")) {
    if (command !== "stack") await engine.ensureStack();
    await engine.recover();
  }
  process.exitCode = await engine.run(args);
}

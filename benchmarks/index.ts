import { chmodSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { isActionable, UserError } from "../toolchain/errors.ts";
import { guildnetHome } from "../toolchain/home.ts";
import { openLog } from "../toolchain/log.ts";
import { toolsNamed } from "../toolchain/tools/index.ts";
import { requireTools } from "../toolchain/tools/require-tools.ts";
import { Commands } from "./commands.ts";
import { asJson, table, type Figure } from "./figures.ts";
import { coldToolchain } from "./measure/cold-toolchain.ts";
import { everything } from "./measure/everything.ts";
import { fuzz } from "./measure/fuzz.ts";
import { newWorkspace } from "./measure/new-workspace.ts";
import { forgetWorkspaces, objects } from "./measure/objects.ts";
import { proxy } from "./measure/proxy.ts";
import { coldUp, noChange, warmUp } from "./measure/start.ts";
import { Product } from "./product.ts";

/** What needs no cluster. */
const ALONE = ["proxy", "fuzz"] as const;
/** In the order in which they run; all but the first need the stack that `cold` leaves up. */
const ON_A_STACK = ["cold", "workspace", "no-change", "warm", "objects", "everything"] as const;
const NAMES = [...ALONE, ...ON_A_STACK] as const;
type Name = (typeof NAMES)[number];
type StackName = (typeof ON_A_STACK)[number];

interface Options {
  readonly runs: number;
  readonly sizes: readonly number[];
  readonly json?: boolean;
  readonly coldToolchain?: boolean;
}

const command = new Command("npm run bench --")
  .description(
    "Measures the product on a stack of its own, which is removed at the end, and prints the figures side by side.",
  )
  .argument(
    "[names...]",
    `what to measure: ${NAMES.join(", ")}; all of them by default`,
    (name: string, all: readonly Name[] | undefined) => [...(all ?? []), known(name)],
  )
  .option("--runs <number>", "repetitions of all but the cold figures", wholeNumber, 3)
  .option(
    "--sizes <numbers>",
    "numbers of workspaces, with commas, that `objects` compares",
    (text: string) => text.split(",").map(wholeNumber),
    [10, 50],
  )
  .option("--json", "print JSON instead of a table")
  .option(
    "--cold-toolchain",
    "also build everything from package registries into an empty GUILDNET_HOME: most of an hour",
  )
  .action(async (names: readonly Name[], options: Options) => main(names.length === 0 ? NAMES : names, options));

await command.parseAsync();

async function main(names: readonly Name[], options: Options): Promise<void> {
  const home = guildnetHome();
  const log = openLog(home, "bench");
  // `up` prints sign-in links.
  chmodSync(log.file, 0o600);
  const commands = new Commands(log);
  let signals = 0;
  // Not `once`: execa ends a process that has no listener left.
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      if (++signals > 1) process.exit(130);
      say("Stopping: what runs is let end, then the stack is removed. Once more leaves everything as it is.");
      commands.interrupt(signal);
    });
  const before = machine();
  const figures: Figure[] = [];
  say(`Measuring ${names.join(", ")}. All output of the commands: ${log.file}`);
  try {
    if (names.includes("proxy")) figures.push(...(await said("proxy", () => proxy(options.runs))));
    if (names.includes("fuzz")) figures.push(...(await said("fuzz", fuzz)));
    const onAStack = ON_A_STACK.filter((name) => names.includes(name));
    if (onAStack.length > 0) await measure(new Product(home.root, commands), commands, onAStack, options, figures);
    if (options.coldToolchain === true)
      figures.push(...(await said("nothing built", () => coldToolchain(home.root, commands))));
  } catch (error) {
    if (!isActionable(error)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exitCode = 1;
  } finally {
    // What was measured before a run was cut off is as true as it would have been after.
    if (figures.length > 0)
      process.stdout.write(
        options.json === true ? `${asJson(before, figures)}\n` : `${heading(before)}\n\n${table(figures)}\n`,
      );
  }
}

/**
 * Everything asked for, on a stack that is new at the beginning and gone at the end.
 * @param figures gets each figure as soon as it is known
 */
async function measure(
  product: Product,
  commands: Commands,
  names: readonly StackName[],
  { runs, sizes }: Options,
  figures: Figure[],
): Promise<void> {
  const { kubernetes } = await requireTools(toolsNamed(["kubernetes"]));
  if (kubernetes === undefined) throw new UserError("bench-no-kubectl", "There is no kubectl to compare with.");
  const kubectl = join(kubernetes.path, "bin", "kubectl");
  const measurements: Record<Exclude<StackName, "cold" | "objects">, () => Promise<Figure[]>> = {
    workspace: () => newWorkspace(product, runs),
    "no-change": () => noChange(product, runs),
    warm: () => warmUp(product, runs),
    everything: () => everything(product, runs),
  };
  try {
    await product.remove();
    const cold = await said("cold", () => coldUp(product));
    if (names.includes("cold")) figures.push(...cold);
    for (const name of names) {
      if (name === "cold") continue;
      if (name !== "objects") figures.push(...(await said(name, measurements[name])));
      else
        for (const size of sizes)
          figures.push(
            ...(await said(`objects of ${size} workspaces`, () => objects(product, commands, kubectl, size, runs))),
          );
    }
  } finally {
    commands.resume();
    say("Removing the stack.");
    await forgetWorkspaces(commands);
    await product.remove();
  }
}

async function said<T>(what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  say(`${what} …`);
  const result = await work();
  say(`${what}: measured in ${Math.round((performance.now() - start) / 1000)} s`);
  return result;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

interface Machine {
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** Processes that wanted a core in the last minute, before anything was measured. */
  readonly load: number;
}

function machine(): Machine {
  return {
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.versions.node,
    load: loadavg()[0] ?? 0,
  };
}

function heading({ cores, memoryGiB, kernel, node, load }: Machine): string {
  return `${cores} cores, ${memoryGiB} GiB, Linux ${kernel}, Node ${node}; load before: ${load.toFixed(1)}. Everything on this one machine; nothing throttled.`;
}

function known(name: string): Name {
  const found = NAMES.find((candidate) => candidate === name);
  if (found === undefined)
    throw new InvalidArgumentError(`there is no ${JSON.stringify(name)}; there are ${NAMES.join(", ")}`);
  return found;
}

/** 1 to 100. */
function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 100)
    throw new InvalidArgumentError("a whole number from 1 to 100");
  return number;
}

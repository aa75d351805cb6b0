/** The product as a user drives it, on a stack of the tests' own. */
import { execa, type Options, type Result } from "execa";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";

/** For a first `up`, which builds the guild's own images where they are not there yet. */
export const onBareMachine = { timeout: 1_800_000 };

export const root = join(import.meta.dirname, "..", "..");
export const home = process.env.GUILDNET_HOME ?? join(homedir(), ".guildnet");

/** What lanes of tests work on beside each other: one person's small stack, a guild with everything, and one beside which there is another cluster. */
const lanes = {
  test: { portal: 18090, api: 18091, mesh: 18092, movedMesh: 18093 },
  guild: { portal: 18490, api: 18491, mesh: 18492, movedMesh: 18493 },
  beside: { portal: 18690, api: 18691, mesh: 18692, movedMesh: 18693 },
} as const;

/** Where that other cluster listens, an example's. */
export const examplePorts = { portal: 18390, api: 18391 } as const;

export const stack = laneNamed(process.env.GUILDNET_TEST_STACK ?? "test");
/** Every stack of the checkout's program that a test makes. */
export const testStacks = [...Object.keys(lanes), "cold", "refused", "intruder"];
export const clusterName = `guildnet-${stack}-cluster`;
export const clusterFolder = join(home, "clusters", clusterName);
export const kubeconfig = join(clusterFolder, "kubeconfig");
export const ports = lanes[stack];
/** Where the stacks of other lanes may listen meanwhile. */
export const otherPorts: readonly number[] = [
  ...Object.values(lanes).filter((lane) => lane !== ports),
  examplePorts,
].flatMap((lane) => Object.values(lane));
export const portalUrl = `https://guildnet.localhost:${ports.portal}`;

function laneNamed(name: string): keyof typeof lanes {
  if (!(name in lanes)) throw new Error(`GUILDNET_TEST_STACK is ${name}; there are ${Object.keys(lanes).join(", ")}`);
  return name as keyof typeof lanes;
}

/** Where the tests' stack files are: the checkout stays clean. */
export const allStackFiles = join(home, "test-stacks");
export const stackFiles = join(allStackFiles, stack);

export interface WorkspaceConfig {
  owner: string;
  name?: string;
  environment?: Record<string, string>;
  [key: string]: unknown;
}

/** What the test stack is made of, unless a test says otherwise: one person, small. */
export const onePerson = { workspaces: [{ owner: "ada" }] as WorkspaceConfig[] };

/** The stack that the checkout comes with, which has every system. */
const dev = (
  parse(readFileSync(join(root, "Pulumi.dev.yaml"), "utf8")) as {
    config: { "guildnet:guild": { mesh: object; certificates: object } };
  }
).config["guildnet:guild"];

/** Hour of the nightly work, in the other half of the day: it makes pods and backups that tests would count. Files that begin at different times agree. */
const nightly = new Date().getUTCHours() < 12 ? 18 : 6;

/** Its systems, for two people, with two devices, room for jobs that ask for more than the node has, and two pools of addresses. */
export const everything = {
  ...dev,
  workspaces: [{ owner: "ada" }, { owner: "bob", preset: "small", keepData: false }] as WorkspaceConfig[],
  mesh: { ...dev.mesh, port: ports.mesh, devices: ["laptop", "phone"] },
  batch: { cpu: "64", memory: "64Gi" },
  modelGateway: {
    // A pod that a test makes: its network is a private one, whatever it is called.
    servers: [
      {
        name: "scripted",
        url: "http://scripted.default.svc:8080",
        models: [{ name: "scripted", contextWindow: 8192 }],
      },
    ],
    networks: ["10.244.0.0/16"],
  },
  codex: { model: "scripted" },
  registry: { maintenanceHour: nightly },
  backup: { schedule: `30 ${nightly} * * *` },
  loadBalancer: {
    pools: [
      { name: "public", addresses: ["198.19.0.16/28"] },
      { name: "inside", addresses: ["198.19.0.40-198.19.0.40"], autoAssign: false },
    ],
  },
};

/** What a stack's config says of things other than people. */
export interface StackConfig {
  cluster?: object;
  portal?: object;
  images?: object;
}

export interface GuildConfig extends StackConfig {
  workspaces: WorkspaceConfig[];
  [key: string]: unknown;
}

/** Writes the configuration of a stack, `guildnet:guild`. */
export function configure(guild: GuildConfig, name: string = stack): void {
  mkdirSync(stackFiles, { recursive: true });
  const embedded = { portal: { port: ports.portal }, cluster: { kind: "embedded", apiPort: ports.api } };
  writeFileSync(configOf(name), stringify({ config: { "guildnet:guild": { ...embedded, ...guild } } }));
}

const options = {
  cwd: root,
  reject: false,
  stdin: "ignore",
  all: true,
  env: { GUILDNET_STACK_FILES: stackFiles },
} as const satisfies Options;

/** Runs a verb as `npm run <verb> -- --stack test …` does. Never throws: look at `exitCode` and `all`. */
export async function guildnet(
  verb: string,
  args: readonly string[] = [],
  name: string = stack,
): Promise<Result<typeof options>> {
  // Nobody is there to be asked.
  const unasked = verb === "destroy" ? ["--yes"] : [];
  const result = await execa(
    process.execPath,
    ["toolchain/bootstrap.mjs", verb, "--stack", name, ...unasked, ...args],
    options,
  );
  if (verb === "up" && result.exitCode === 0) writeFileSync(appliedConfig(name), readFileSync(configOf(name)));
  else if (["up", "down", "destroy"].includes(verb)) rmSync(appliedConfig(name), { force: true });
  return result;
}

/** Has the stack up with a configuration: does nothing where the tests before left it so. */
export async function upWith(guild: GuildConfig): Promise<void> {
  configure(guild);
  const applied = appliedConfig(stack);
  if (!existsSync(applied) || readFileSync(applied, "utf8") !== readFileSync(configOf(stack), "utf8"))
    await mustGuildnet("up");
}

/** Has the stack up with whatever the tests before left it with: for what holds whatever else there is. @param guild where it is not up */
export async function upUnlessUp(guild: GuildConfig): Promise<void> {
  if (!existsSync(appliedConfig(stack))) await upWith(guild);
}

function configOf(name: string): string {
  return join(stackFiles, `Pulumi.${name}.yaml`);
}

/** Where the configuration of the last `up` that ended well is kept. */
function appliedConfig(name: string): string {
  return join(stackFiles, `applied.${name}`);
}

/** The same, but it must end well. */
export async function mustGuildnet(verb: string, args: readonly string[] = [], name: string = stack): Promise<string> {
  const { exitCode, all } = await guildnet(verb, args, name);
  if (exitCode !== 0) throw new Error(`npm run ${verb} -- ${args.join(" ")} ended with ${exitCode}:\n${all}`);
  return all;
}

export interface Step {
  op: string;
  urn: string;
}

/** What a preview would do, without what stays the same. */
export async function changesAhead(name: string = stack): Promise<Step[]> {
  const { stdout, exitCode, all } = await guildnet("pulumi", ["preview", "--json"], name);
  if (exitCode !== 0) throw new Error(`the preview ended with ${exitCode}:\n${all}`);
  const { steps } = JSON.parse(stdout.slice(stdout.indexOf("{"))) as { steps: Step[] };
  return steps.filter(({ op }) => op !== "same");
}

/** Has a resource that somebody changed or deleted found so and put right, and looks at no other. */
export async function repair(resource: string): Promise<void> {
  await mustGuildnet("pulumi", ["up", "--yes", "--skip-preview", "--refresh", "--target", `**::${resource}`]);
}

/** Name of a resource, the last part of its URN. */
export function nameOf({ urn }: { urn: string }): string {
  return urn.split("::").at(-1) ?? "";
}

/** Runs kubectl as the administrator of the test cluster; it must end well. */
export function kubectl(...args: string[]): Promise<string> {
  return kubectlOn(kubeconfig, ...args);
}

/** The same on any cluster. */
export async function kubectlOn(config: string, ...args: string[]): Promise<string> {
  const { stdout } = await execa(await kubectlPath(), ["--kubeconfig", config, ...args]);
  return stdout;
}

/** Gives the API server an object. Never throws: a refusal is in `stderr`. */
export async function apply(object: object): Promise<{ exitCode?: number; stderr: string }> {
  const { exitCode, stderr } = await execa(
    await kubectlPath(),
    ["--kubeconfig", kubeconfig, "apply", "--filename", "-"],
    { input: JSON.stringify(object), reject: false },
  );
  return { exitCode, stderr };
}

/** Has the API server check an object, and everything that it asks, without keeping it. Never throws: a refusal is in `stderr`. */
export async function tryObject(object: object): Promise<{ exitCode?: number; stderr: string }> {
  const args = ["apply", "--server-side", "--dry-run=server", "--validate=strict", "--filename", "-"];
  const { exitCode, stderr } = await execa(await kubectlPath(), ["--kubeconfig", kubeconfig, ...args], {
    input: JSON.stringify(object),
    reject: false,
  });
  return { exitCode, stderr };
}

let kubernetes: string | undefined;

/** Of the cluster's own version. */
export async function kubectlPath(): Promise<string> {
  if (kubernetes === undefined) {
    const { stdout } = await execa(process.execPath, ["toolchain/bootstrap.mjs", "require", "kubernetes"], {
      cwd: root,
    });
    kubernetes = join(
      (JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as { kubernetes: { path: string } }).kubernetes.path,
      "bin",
      "kubectl",
    );
  }
  return kubernetes;
}

export interface StackState {
  deployment: {
    resources?: { urn: string; type: string; id?: string; outputs?: Record<string, unknown> }[];
    pending_operations?: unknown[];
  };
}

export async function exportedState(name: string = stack): Promise<StackState> {
  const { stdout } = await guildnet("pulumi", ["stack", "export"], name);
  return JSON.parse(stdout.slice(stdout.indexOf("{"))) as StackState;
}

export interface StackOutputs {
  caCertificate: string;
  signInKey: string;
  kubeconfig: string;
  workspaces: { name: string; url: string }[];
  events: { credentials: string } | null;
  mesh: {
    loginServer: string;
    caCertificate: string;
    portalUrl: string;
    seed: string;
    keys: Record<string, string>;
  } | null;
}

export async function outputs(name: string = stack): Promise<StackOutputs> {
  const { stdout } = await guildnet("pulumi", ["stack", "output", "--json", "--show-secrets"], name);
  return JSON.parse(stdout.slice(stdout.indexOf("{"))) as StackOutputs;
}

/** The certificate that `up` says the browser has to know. */
export function trustedCertificate(name: string = stack): string {
  return readFileSync(join(home, "stacks", "guildnet", name, "ca.crt"), "utf8");
}

/** A fresh one-time link. */
export async function signInLink(person: string, name: string = stack): Promise<string> {
  const link = /https:\/\/\S+token=\S+/.exec(await mustGuildnet("link", [person], name))?.[0];
  if (link === undefined) throw new Error("no link was printed");
  return link;
}

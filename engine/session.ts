import { delimiter, join } from "node:path";
import type { Home } from "../toolchain/home.ts";
import { LOOPBACK } from "../toolchain/proxied-fetch.ts";
import type { InstalledTool } from "../toolchain/tools/tool.ts";

/** Where the engine keeps state: our file backend, or wherever the user is logged in. */
export type Backend =
  | { readonly kind: "own" }
  | { readonly kind: "elsewhere"; readonly credentials: string; /** What says so, in words. */ readonly by: string };

export interface SessionOptions {
  readonly home: Home;
  readonly stack: string;
  readonly backend: Backend;
  readonly tools: Readonly<Record<string, InstalledTool>>;
  /** Whether the engine may fetch plugins that the stack needs beside those of `tools`. */
  readonly fetchesPlugins: boolean;
  /** The toolchain's own command, for those who call it from inside a run (the provider). */
  readonly toolchainCommand: string;
  /** Of whoever starts the engine. */
  readonly env: NodeJS.ProcessEnv;
}

/** The environment in which programs find our engine, whatever state they then choose: that of the tests and benchmarks. */
export function toolEnvironment({
  home,
  tools,
  toolchainCommand,
  env,
}: Pick<SessionOptions, "home" | "tools" | "toolchainCommand" | "env">): NodeJS.ProcessEnv {
  return {
    ...env,
    // The engine's own folder alone: of a plugin on the PATH it warns.
    PATH: [...(tools.pulumi === undefined ? [] : [join(tools.pulumi.path, "bin")]), env.PATH].join(delimiter),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    ...pastProxies(env),
    GUILDNET_HOME: home.root,
    GUILDNET_TOOLCHAIN_CLI: toolchainCommand,
  };
}

/** Engine, program and plugins speak to each other on the loopback, gRPC does so through whatever proxy it finds, and most read but one of the two names. */
function pastProxies({ NO_PROXY, no_proxy }: NodeJS.ProcessEnv): { NO_PROXY: string; no_proxy: string } {
  const given = [NO_PROXY, no_proxy]
    .flatMap((list) => (list ?? "").split(","))
    .map((host) => host.trim())
    .filter((host) => host !== "");
  const hosts = [...new Set([...given, ...LOOPBACK])].join(",");
  return { NO_PROXY: hosts, no_proxy: hosts };
}

/** The environment of every engine process: our engine first on the PATH, our home, and our state unless the user has their own. */
export function engineEnvironment({
  home,
  stack,
  backend,
  tools,
  fetchesPlugins,
  toolchainCommand,
  env,
}: SessionOptions): NodeJS.ProcessEnv {
  return {
    ...toolEnvironment({ home, tools, toolchainCommand, env }),
    PULUMI_HOME: home.pulumi,
    PULUMI_STACK: stack,
    ...(fetchesPlugins ? {} : { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" }),
    ...backendEnvironment(backend, home, env),
  };
}

function backendEnvironment(backend: Backend, home: Home, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (backend.kind === "elsewhere") return { PULUMI_CREDENTIALS_PATH: backend.credentials };
  const hasPassphrase = env.PULUMI_CONFIG_PASSPHRASE !== undefined || env.PULUMI_CONFIG_PASSPHRASE_FILE !== undefined;
  return {
    PULUMI_BACKEND_URL: `file://${home.state}`,
    ...(hasPassphrase ? {} : { PULUMI_CONFIG_PASSPHRASE_FILE: home.passphrase }),
  };
}

import { delimiter, join } from "node:path";
import type { Home } from "../home.ts";
import { TOOLCHAIN_CLI } from "../project.ts";
import type { InstalledTool } from "../tools/tool.ts";

/** Where the engine keeps state: our file backend, or wherever the user is logged in. */
export type Backend =
  | { readonly kind: "own" }
  | { readonly kind: "elsewhere"; readonly credentials: string };

export interface SessionOptions {
  readonly home: Home;
  readonly stack: string;
  readonly backend: Backend;
  readonly tools: Readonly<Record<string, InstalledTool>>;
  readonly env?: NodeJS.ProcessEnv;
}

/** The environment of every engine process: our tools first on the PATH, our home, and our state unless the user has their own. */
export function engineEnvironment({ home, stack, backend, tools, env = process.env }: SessionOptions): NodeJS.ProcessEnv {
  const bins = Object.values(tools).filter(({ path }) => path.startsWith(home.tools)).map(({ path }) => join(path, "bin"));
  const builtPlugin = tools["pulumi-kubernetes"]?.source === "registries";
  return {
    ...env,
    PATH: [...bins, env.PATH].join(delimiter),
    PULUMI_HOME: home.pulumi,
    PULUMI_STACK: stack,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Where plugins had to be built, looking for others on the internet would only time out.
    ...(builtPlugin ? { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" } : {}),
    ...backendEnvironment(backend, home, env),
    GUILDNET_HOME: home.root,
    GUILDNET_TOOLCHAIN_CLI: TOOLCHAIN_CLI,
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

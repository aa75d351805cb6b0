import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { chooseBackend, prepareBackend } from "../engine/backend.ts";
import { Engine } from "../engine/engine.ts";
import { keepsJournal } from "../engine/journal/gate.ts";
import { passphraseOf } from "../engine/passphrase.ts";
import { placeKubernetesPlugin } from "../engine/plugins.ts";
import type { Project } from "../engine/project.ts";
import { engineEnvironment } from "../engine/session.ts";
import { ownName } from "../engine/stack-config.ts";
import { projectName } from "../engine/state-folder.ts";
import { guildnetHome } from "../toolchain/home.ts";
import { PROJECT_ROOT, TOOLCHAIN_CLI } from "../toolchain/project.ts";
import { ENGINE_TOOLS, toolsNamed } from "../toolchain/tools/index.ts";
import { requireTools } from "../toolchain/tools/require-tools.ts";
import { takeProxy } from "./proxy.ts";
import { usesForeignPlugins } from "./stack-tools.ts";

/** A project on this machine, whose stacks have their files in the folder that GUILDNET_STACK_FILES names, else in its own. */
export function projectAt(root: string = PROJECT_ROOT): Project {
  return { root, stackFiles: process.env.GUILDNET_STACK_FILES };
}

/** The engine for a stack, with this machine's tools, home and environment. Touches no stack. */
export async function openEngine(stack: string, projectRoot: string = PROJECT_ROOT): Promise<Engine> {
  const project = projectAt(projectRoot),
    home = guildnetHome(),
    env = process.env;
  const backend = chooseBackend(env, env.PULUMI_HOME ?? join(homedir(), ".pulumi"));
  const name = backend.kind === "own" ? ownName(projectName(projectRoot), stack) : stack;
  await takeProxy(project, stack, env);
  const tools = await requireTools(toolsNamed(ENGINE_TOOLS), { home });
  prepareBackend(backend, home, env);
  const plugin = tools["pulumi-kubernetes"];
  if (plugin === undefined) throw new Error("the engine's tools lack its Kubernetes plugin");
  // Where plugins had to be built, looking for others on the internet would only time out.
  const fetchesPlugins =
    plugin.source !== "registries" && (projectRoot !== PROJECT_ROOT || usesForeignPlugins(project, stack));
  return new Engine({
    project,
    stack: name,
    home,
    backend,
    env: engineEnvironment({ home, stack: name, backend, tools, fetchesPlugins, toolchainCommand: TOOLCHAIN_CLI, env }),
    passphrase: passphraseOf(home, env),
    kubernetesPlugin: realpathSync(placeKubernetesPlugin(home, plugin)),
    keepsJournal: keepsJournal(tools.pulumi?.version, env),
    say: (line) => process.stderr.write(`${line}\n`),
  });
}

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { withTemporaryFolder } from "../../engine/temporary-folder.ts";
import { UserError } from "../../toolchain/errors.ts";
import type { Home } from "../../toolchain/home.ts";
import { toolsNamed } from "../../toolchain/tools/index.ts";
import { findProgram } from "../../toolchain/tools/machine-source.ts";
import { requireTools } from "../../toolchain/tools/require-tools.ts";

/** Runs kubectl on one cluster and returns what it prints. @throws UserError `kubectl-failed` with what it complains of */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

/** Gives `work` a kubectl with a stack's credentials, which are in no file afterwards. */
export async function withKubectl<T>(
  home: Home,
  kubeconfig: string,
  work: (kubectl: Kubectl) => Promise<T>,
): Promise<T> {
  const program = await kubectlProgram(home);
  const { execa } = await import("execa");
  return withTemporaryFolder(home, async (folder) => {
    const file = join(folder, "kubeconfig");
    writeFileSync(file, kubeconfig, { mode: 0o600 });
    return work(async (args, input) => {
      const { failed, stdout, stderr } = await execa(program, ["--kubeconfig", file, ...args], {
        input: input ?? "",
        reject: false,
      });
      if (failed) throw new UserError("kubectl-failed", `kubectl ${args.join(" ")} failed:\n\n${stderr.trim()}`);
      return stdout;
    });
  });
}

/** The one that runs embedded clusters, else this machine's own: any version of it knows jobs. */
async function kubectlProgram(home: Home): Promise<string> {
  const [tool] = toolsNamed(["kubernetes"]);
  const installed = tool?.find(home);
  if (installed !== undefined) return join(installed.path, "bin", "kubectl");
  const ofMachine = findProgram("kubectl");
  if (ofMachine !== undefined) return ofMachine;
  const { kubernetes } = await requireTools(toolsNamed(["kubernetes"]), { home });
  return join(kubernetes?.path ?? "", "bin", "kubectl");
}

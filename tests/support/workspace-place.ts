/** A workspace of the test stack as a place of patches: what runs there runs as its person. */
import { execa } from "execa";
import { DEFAULT_MAX_BYTES, DEFAULT_MILLISECONDS } from "../../patches/place.ts";
import type { Place } from "../../patches/place.ts";
import { kubeconfig, kubectlPath } from "./guildnet.ts";

export function workspacePlace(workspace: string): Place {
  return {
    radHome: "/home/guild/.radicle",
    async run(argv, { stdin = "", env = {}, maxBytes = DEFAULT_MAX_BYTES, milliseconds = DEFAULT_MILLISECONDS } = {}) {
      const exec = [
        "exec",
        "--stdin",
        "--namespace",
        `ws-${workspace}`,
        "deploy/workspace",
        "--container",
        "workspace",
      ];
      const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
      const { exitCode, stdout, stderr, isMaxBuffer } = await execa(
        await kubectlPath(),
        ["--kubeconfig", kubeconfig, ...exec, "--", "env", ...variables, ...argv],
        { input: stdin, reject: false, stripFinalNewline: false, maxBuffer: maxBytes, timeout: milliseconds },
      );
      return { exitCode, stdout, stderr, isCut: isMaxBuffer };
    },
  };
}

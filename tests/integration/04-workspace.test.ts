import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { kubectl, root } from "../support/guildnet.ts";

describe("a workspace", () => {
  test("has a home that is its person's, and that nobody else on the way to it may enter", async () => {
    expect(
      await sh(
        "stat --format '%u %g %a' ~; git init --quiet ~/repository; git -C ~/repository status --short --branch; chmod 700 ~",
      ),
    ).toBe("1000 1000 700\n## No commits yet on main");
  });

  test("has what can't be installed in it, and places for what is temporary, large or shared", async () => {
    await sh(
      "python3 -m venv /tmp/venv && /tmp/venv/bin/pip --version && git lfs version && rsync --version && vim --version && tmux -V",
    );
    await sh(
      "umoci init --layout /tmp/layout && umoci new --image /tmp/layout:a && skopeo copy oci:/tmp/layout:a oci-archive:/tmp/archive.tar:a && touch /var/tmp/a",
    );
    // A container's own has 64 MiB, and a program that fills it dies of a bus error.
    await sh("fallocate --length 200M /dev/shm/a && rm /dev/shm/a");
  });

  test("has one PATH, in login shells as well", async () => {
    const path = "case :$PATH: in *:/home/guild/.local/bin:*) echo found ;; esac";
    for (const shell of [
      ["sh", "-c"],
      ["sh", "-lc"],
      ["bash", "-lc"],
      ["zsh", "-lc"],
    ])
      expect(await inWorkspace(...shell, path), shell.join(" ")).toBe("found");
  });

  test("lets Codex run a command and edit a file, without a flag", async () => {
    const said = await inWorkspace(
      "node",
      "--input-type=module",
      "--eval",
      readFileSync(join(root, "tests/support/codex/scripted-model.mjs"), "utf8"),
    );
    expect(JSON.parse(said), said).toMatchObject({
      exitCode: 0,
      files: { "made.txt": "1000\n", "edited.txt": "by an edit\n" },
    });
  });
});

describe("a home with links that lead nowhere, and a folder that is shut", () => {
  const settings = "~/.local/share/code-server/User";
  afterAll(() => sh(`chmod 700 ${settings}; rm ~/.zshrc ~/project; mv ~/project.aside ~/project`));

  test("is no reason for its editor not to start, and terminals say what was left alone", async () => {
    await sh(
      `ln --symbolic --force gone ~/.zshrc; mv ~/project ~/project.aside; ln --symbolic /mnt/gone ~/project; chmod 0 ${settings}`,
    );
    await kubectl(
      "delete",
      "pod",
      "--namespace",
      "ws-ada",
      "--selector",
      "app.kubernetes.io/name=workspace",
      "--grace-period",
      "1",
    );
    await kubectl("rollout", "status", "--namespace", "ws-ada", "deploy/workspace", "--timeout", "90s");
    const said = await inWorkspace("zsh", "--interactive", "-c", "exit");
    for (const left of ["project", ".zshrc", ".local/share/code-server/User/settings.json"])
      expect(said).toContain(`~/${left} was left alone`);
  });
});

function sh(script: string): Promise<string> {
  return inWorkspace("sh", "-euc", script);
}

function inWorkspace(...command: string[]): Promise<string> {
  return kubectl("exec", "--namespace", "ws-ada", "deploy/workspace", "--", ...command);
}

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, onTestFinished, test, vi } from "vitest";
import { ensureBareRepository, gitHttp, headOf } from "./git-http.ts";

async function served() {
  const root = mkdtempSync(join(tmpdir(), "guildnet-git-http-"));
  const folder = join(root, "vaults", "guild.git");
  ensureBareRepository(folder);
  const pushes: string[] = [],
    errors: unknown[] = [];
  let held = Promise.resolve();
  /** Lets nobody in until told to. */
  const hold = (): (() => void) => {
    let letIn = (): void => undefined;
    held = new Promise((resolve) => (letIn = resolve));
    return () => letIn();
  };
  const serve = gitHttp({
    admit: async (request, name) => {
      await held;
      if (request.headers.authorization !== `Basic ${Buffer.from("ada-dev:secret").toString("base64")}`)
        return "unknown";
      return name === "guild" ? { name, folder, person: "ada" } : undefined;
    },
    onPush: ({ person }) => void pushes.push(person),
    onError: (error) => void errors.push(error),
  });
  const server = createServer((request, response) => {
    void serve(request, response).then((isGit) => isGit || response.writeHead(418).end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    rmSync(root, { recursive: true });
  });
  const { port } = server.address() as AddressInfo;
  const at = (user: string, path: string): string => `http://${user}@127.0.0.1:${port}${path}`;
  const env = { HOME: root, GIT_CONFIG_GLOBAL: "/dev/null", GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" };
  const git = (args: readonly string[], cwd = root) =>
    execa("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], { cwd, env, reject: false });
  const clone = async (name: string): Promise<string> => {
    expect(await git(["clone", "-q", at("ada-dev:secret", "/git/guild.git"), name])).toMatchObject({ exitCode: 0 });
    return join(root, name);
  };
  const commit = async (work: string, name: string, content: string | Uint8Array): Promise<void> => {
    writeFileSync(join(work, name), content);
    await git(["add", name], work);
    await git(["commit", "-qm", name], work);
  };
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      ...init,
      headers: { authorization: `Basic ${Buffer.from("ada-dev:secret").toString("base64")}`, ...init.headers },
    });
  return { root, folder, at, git, clone, commit, ask, pushes, errors, server, port, hold };
}

test("it is cloned and pushed to, also what is large and comes in pieces", async () => {
  const { clone, commit, git, pushes, errors } = await served();
  const work = await clone("one");
  await commit(work, "a.md", "a\n");
  await commit(work, "large", randomBytes(3_000_000));
  expect(await git(["push", "-q", "origin", "HEAD:main"], work)).toMatchObject({ exitCode: 0, stderr: "" });
  const other = await clone("two");
  expect(execFileSync("git", ["ls-files"], { cwd: other, encoding: "utf8" })).toBe("a.md\nlarge\n");
  // Before what is large git asks whether it would be let in.
  expect([new Set(pushes), errors]).toEqual([new Set(["ada"]), []]);
});

test("what doesn't go on from what is there is refused, also by force, and nothing is removed", async () => {
  const { clone, commit, git, folder } = await served();
  const [one, two] = [await clone("one"), await clone("two")];
  await commit(one, "a.md", "a\n");
  await commit(two, "b.md", "b\n");
  await git(["push", "-q", "origin", "HEAD:main"], one);
  await git(["push", "-q", "origin", "HEAD:other"], one);
  const head = await headOf(folder);
  for (const args of [["HEAD:main"], ["--force", "HEAD:main"], ["--delete", "main"], ["--delete", "other"]]) {
    expect((await git(["push", "origin", ...args], two)).exitCode, args.join(" ")).toBe(1);
  }
  expect(await headOf(folder)).toBe(head);
});

test("what a push left that was killed is in nobody's way, once the server is there again", async () => {
  const { clone, commit, git, folder } = await served();
  const work = await clone("one");
  await commit(work, "a.md", "a\n");
  const locks = ["refs/heads/main.lock", "packed-refs.lock", "config.lock", "HEAD.lock"];
  for (const lock of locks) writeFileSync(join(folder, lock), "");
  const push = () => git(["push", "-q", "origin", "HEAD:main"], work);
  expect((await push()).exitCode).not.toBe(0);
  ensureBareRepository(folder);
  expect(await push()).toMatchObject({ exitCode: 0, stderr: "" });
});

test("a git that can't be started, and one that nobody waits for, are no end of the server", async () => {
  const { ask, pushes, errors, server, port, hold } = await served();
  vi.stubEnv("PATH", "/nowhere");
  try {
    expect((await ask("/git/guild.git/info/refs?service=git-upload-pack")).status).toBe(500);
  } finally {
    vi.unstubAllEnvs();
  }
  expect(errors).toMatchObject([{ code: "ENOENT" }]);
  // A push whose end is never sent, from before it is let in and from after.
  for (const isBefore of [true, false]) {
    const socket = connect(port, "127.0.0.1");
    socket.write(
      "POST /git/guild.git/git-receive-pack HTTP/1.1\r\nhost: guild\r\ncontent-type: application/x-git-receive-pack-request\r\n" +
        `authorization: Basic ${Buffer.from("ada-dev:secret").toString("base64")}\r\ncontent-length: 100\r\n\r\n0`,
    );
    const letIn = isBefore ? hold() : () => undefined;
    const [, response] = (await once(server, "request")) as [unknown, ServerResponse];
    const closed = once(response, "close");
    socket.destroy();
    await closed;
    letIn();
  }
  await expect.poll(() => pushes).toEqual(["ada", "ada"]);
});

test("nobody gets in without a token, and what isn't theirs is not there", async () => {
  const { at, git, ask } = await served();
  const tried = async (user: string, path: string) => (await git(["ls-remote", at(user, path)])).stderr;
  expect(await tried("ada-dev:wrong", "/git/guild.git")).toContain("Authentication failed");
  expect(await tried("ada-dev:secret", "/git/~bob.git")).toContain("not found");
  for (const path of [
    "/git/guild.git/config",
    "/git/guild.git/objects/info/packs",
    "/git/guild.git/../guild.git/HEAD",
    "/git/..%2fguild.git/info/refs",
    "/git/guild.git/HEAD",
    "/git/",
  ])
    expect((await ask(path)).status, path).toBe(404);
  expect((await ask("/git/guild.git/info/refs", { headers: { authorization: "Bearer x" } })).status).toBe(401);
  expect((await ask("/other")).status).toBe(418);
});

test("who waits for news is told where the branch is once it is somewhere else", async () => {
  const { clone, commit, git, ask, folder } = await served();
  const news = async (since: string) => (await (await ask(`/git/guild.git/changes?since=${since}`)).json()) as object;
  const work = await clone("one");
  const first = Promise.all([news(""), news("")]);
  await commit(work, "a.md", "a\n");
  await git(["push", "-q", "origin", "HEAD:main"], work);
  const head = await headOf(folder);
  expect(await first).toEqual([{ head }, { head }]);
  // At once.
  expect(await news("")).toEqual({ head });
  // Also where git has put it into another file.
  await git(["--git-dir", folder, "pack-refs", "--all"]);
  expect([await headOf(folder), await news("0")]).toEqual([head, { head }]);
});

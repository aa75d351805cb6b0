import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { stringify } from "yaml";
import { images } from "../../components/versions.ts";
import { Unreachable } from "../../provider/errors.ts";
import { pushImage } from "../../provider/node/toolchain.ts";
import { pushedImage } from "../../provider/resources/pushed-image.ts";
import type { Properties } from "../../provider/resources/resource.ts";
import { imageReference } from "../../provider/sdk/index.ts";
import { guildnetHome } from "../../toolchain/home.ts";
import { ImageStore } from "../../toolchain/images/store.ts";
import { PROJECT_ROOT, TOOLCHAIN_CLI } from "../../toolchain/project.ts";
import { CREDENTIALS, imageRegistry, type RunningRegistry } from "../support/image-registry.ts";
import { programsOf } from "../support/programs.ts";

// What is built here gets into a real registry, of the program that the guild's own is, which signs in and has an
// authority of its own; by the toolchain that a guild has.

const folder = mkdtempSync(join(tmpdir(), "guildnet-pushed-")),
  home = join(folder, "home"),
  context = join(folder, "context");
const silent = (): void => {};
/** As they would be seen somewhere: the password, and both as a request has them. */
const SECRETS = [CREDENTIALS.split(":")[1] ?? "", Buffer.from(CREDENTIALS).toString("base64")];
/** Arguments and environment of each call of buildah. */
const calls = join(folder, "calls");
let registry: RunningRegistry, image: string, inputs: Properties, state: Properties;

beforeAll(async () => {
  await programsOf(images.registry, ["bin/registry"], join(folder, "bin"));
  mkdirSync(home);
  symlinkSync(guildnetHome().tools, join(home, "tools"));
  vi.stubEnv("GUILDNET_HOME", home);
  const { stdout: buildah } = await execa("which", ["buildah"]),
    programs = join(folder, "recorded");
  mkdirSync(programs);
  writeFileSync(join(programs, "buildah"), `#!/bin/sh\n{ echo "$@"; env; } >>${calls}\nexec ${buildah} "$@"\n`, {
    mode: 0o755,
  });
  vi.stubEnv("PATH", `${programs}:${process.env.PATH}`);
  mkdirSync(context);
  writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY content /\n");
  writeFileSync(join(context, "content"), "written by a test");
  image = imageReference("tool", context);
  registry = await imageRegistry(folder);
  await registry.start();
  inputs = {
    image,
    context,
    registry: {
      address: `${registry.host}/guild`,
      credentials: CREDENTIALS,
      caCertificatePem: registry.caCertificatePem,
    },
  };
}, 1_800_000);

afterAll(async () => {
  await registry.stop();
  vi.unstubAllEnvs();
  await new ImageStore(guildnetHome({ GUILDNET_HOME: home })).run(["rm", "--all"]);
  rmSync(folder, { recursive: true, force: true });
});

/** Nothing can be built or pushed while the running test lasts. */
function withoutToolchain(): void {
  const path = join(folder, "broken.mjs");
  writeFileSync(path, 'console.error("the toolchain was asked"); process.exitCode = 1;');
  vi.stubEnv("GUILDNET_TOOLCHAIN_CLI", path);
  onTestFinished(() => void vi.stubEnv("GUILDNET_TOOLCHAIN_CLI", undefined));
}

test("an image is built, pushed under its hash, and known by the digest of what the registry gives; its credentials are nowhere to be read", async () => {
  const told: string[] = [];
  state = (await pushedImage.create(inputs, (line) => void told.push(line))).outputs;
  const manifest = await registry.get(`/v2/guild/tool/manifests/${image.split(":")[1]}`);
  const digest = `sha256:${createHash("sha256").update(manifest.text).digest("hex")}`;
  expect(state).toEqual({ reference: `${registry.host}/guild/${image.split("/")[1]}@${digest}` });
  expect(told).toContain(`pushing ${registry.host}/guild/${image.split("/")[1]}`);
  const commands = readFileSync(calls, "utf8");
  expect(commands).toContain(`${image} docker://${registry.host}/guild/${image.split("/")[1]}`);
  for (const text of [told.join("\n"), commands, ...filesBelow(home)])
    for (const secret of SECRETS) expect(text).not.toContain(secret);
});

/** The texts of what the toolchain wrote outside of its image store. */
function filesBelow(root: string): string[] {
  const texts = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !join(entry.parentPath, entry.name).startsWith(join(root, "storage")))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
  expect(existsSync(join(root, "logs"))).toBe(true);
  return texts;
}

test("what the registry has is neither built nor pushed again", async () => {
  withoutToolchain();
  expect((await pushedImage.create(inputs, silent)).outputs).toEqual(state);
  expect(await pushedImage.drift(inputs, state)).toBeUndefined();
  expect((await pushedImage.update(inputs, silent, state)).outputs).toEqual(state);
});

test("who may not push is told so, without what was tried", async () => {
  const access = { credentials: "guild:CANARY", caCertificatePem: registry.caCertificatePem };
  const asked: unknown = await pushedImage
    .create({ ...inputs, registry: { address: registry.host, ...access } }, silent)
    .catch((error: unknown) => error);
  expect(asked).toMatchObject({ code: "registry-unauthorized" });
  const pushed: unknown = await pushImage(image, `${registry.host}/guild/other:1`, access, silent).catch(
    (error: unknown) => error,
  );
  expect(pushed).toMatchObject({
    code: "toolchain-failed",
    message: expect.stringMatching(/unauthorized|authentication required/),
  });
  for (const error of [asked, pushed]) expect((error as Error).message).not.toMatch(/CANARY|Z3VpbGQ6Q0FOQVJZ/);
});

test("a registry of a stranger gets nothing", async () => {
  const pushed: unknown = await pushImage(
    image,
    `${registry.host}/guild/other:1`,
    { credentials: CREDENTIALS },
    silent,
  ).catch((error: unknown) => error);
  expect(pushed).toMatchObject({ code: "toolchain-failed", message: expect.stringContaining("certificate") });
});

test("a registry that is away is believed, and pushed to again once it has lost the image", async () => {
  await registry.stop();
  await expect(pushedImage.drift(inputs, state)).rejects.toBeInstanceOf(Unreachable);
  registry.lose();
  await registry.start();
  expect(await pushedImage.drift(inputs, state)).toBe("the registry does not have it");
  state = (await pushedImage.update(inputs, silent, state)).outputs;
  expect(await pushedImage.drift(inputs, state)).toBeUndefined();
});

test("another content is another image, beside the one before, and nothing is deleted", async () => {
  const before = state;
  writeFileSync(join(context, "content"), "written by a test again");
  const changed = { ...inputs, image: imageReference("tool", context) };
  const { outputs } = await pushedImage.update(changed, silent, state);
  expect(outputs).not.toEqual(before);
  await pushedImage.delete({ ...changed, ...outputs }, silent);
  expect([await pushedImage.drift(changed, outputs), await pushedImage.drift(inputs, before)]).toEqual([
    undefined,
    undefined,
  ]);
});

/** The real engine with a program that makes nothing but the image. */
function stack(): (...args: string[]) => Promise<{ exitCode?: number; all: string }> {
  const project = join(folder, "project");
  mkdirSync(project);
  symlinkSync(join(PROJECT_ROOT, "node_modules"), join(project, "node_modules"));
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "pushing", private: true, type: "module" }));
  writeFileSync(
    join(project, "Pulumi.yaml"),
    stringify({
      name: "pushing",
      main: "index.ts",
      runtime: { name: "nodejs", options: { typescript: false, nodeargs: "--import tsx" } },
      plugins: { providers: [{ name: "guildnet", path: join(PROJECT_ROOT, "provider") }] },
    }),
  );
  writeFileSync(
    join(project, "index.ts"),
    `import { PushedImage } from ${JSON.stringify(join(PROJECT_ROOT, "provider/sdk/index.ts"))};
export const { reference } = new PushedImage("tool", JSON.parse(process.env["PUSHED_IMAGE"] ?? ""));
`,
  );
  const nobody = {
    PULUMI_BACKEND_URL: undefined,
    PULUMI_ACCESS_TOKEN: undefined,
    PULUMI_CONFIG_PASSPHRASE: undefined,
    PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
    PULUMI_CREDENTIALS_PATH: join(folder, "nobody"),
  };
  return (command, ...args) =>
    execa(process.execPath, [TOOLCHAIN_CLI, "pulumi", "-C", project, command, ...args], {
      all: true,
      reject: false,
      stdin: "ignore",
      env: { ...nobody, PUSHED_IMAGE: JSON.stringify({ ...inputs, image: imageReference("tool", context) }) },
    });
}

test("a stack has its credentials encrypted, changes nothing when nothing changed, pushes again what was lost, and leaves the registry as it is when it goes", async () => {
  const pulumi = stack(),
    told: string[] = [];
  const ends = async (exitCode: number, ...args: string[]): Promise<string> => {
    const run = await pulumi(args[0] ?? "", ...args.slice(1));
    told.push(run.all);
    expect(run.exitCode, run.all).toBe(exitCode);
    return run.all;
  };
  await ends(0, "up", "--yes", "--skip-preview");
  const reference = (await ends(0, "stack", "output", "reference")).trim().split("\n").at(-1) ?? "",
    digest = reference.split("@")[1] ?? "";
  const manifest = async () => (await registry.get(`/v2/guild/tool/manifests/${digest}`)).status;
  expect(await manifest()).toBe(200);
  await ends(0, "preview", "--expect-no-changes");
  await registry.stop();
  await ends(0, "preview", "--expect-no-changes");
  registry.lose();
  await registry.start();
  expect(await ends(0, "preview", "--diff")).toContain("the registry does not have it");
  await ends(0, "up", "--yes", "--skip-preview");
  expect(await manifest()).toBe(200);
  await ends(0, "destroy", "--yes", "--skip-preview");
  expect(await manifest()).toBe(200);
  const written = filesBelow(home);
  expect(written.join("\n")).toContain("guildnet:index:PushedImage");
  for (const text of [...told, ...written]) for (const secret of SECRETS) expect(text).not.toContain(secret);
});

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Unreachable } from "../errors.ts";
import {
  caCertificatePem,
  CREDENTIALS,
  digestOfImage,
  imageRegistry,
  type Shelves,
} from "../testing/image-registry.ts";
import { scratchFolder } from "../testing/scratch.ts";
import { pushedImage } from "./pushed-image.ts";

const silent = (): void => {};
const IMAGE = "guildnet.local/tool:0123456789ab",
  ON_THE_SHELF = "guild/tool:0123456789ab";

function inputsFor(host: string, credentials?: string) {
  return {
    image: IMAGE,
    context: "images/tool",
    registry: { address: `${host}/guild`, caCertificatePem, ...(credentials !== undefined && { credentials }) },
  };
}

/** A toolchain that says what it is told, and does as told when it pushes. @returns its calls so far, with what came by stdin */
function toolchain(whenPushed: () => void, code = "") {
  const folder = scratchFolder(),
    path = join(folder, "toolchain.mjs"),
    calls = join(folder, "calls");
  writeFileSync(calls, "");
  writeFileSync(
    path,
    `import { appendFileSync, readFileSync } from "node:fs";
const args = process.argv.slice(2);
appendFileSync(${JSON.stringify(calls)}, JSON.stringify({ args, stdin: args[0] === "image-push" ? readFileSync(0, "utf8") : "" }) + "\\n");
console.error(args[0]);
${code}`,
  );
  vi.stubEnv("GUILDNET_TOOLCHAIN_CLI", path);
  onTestFinished(() => void vi.unstubAllEnvs());
  const made = () =>
    readFileSync(calls, "utf8")
      .trim()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as { args: string[]; stdin: string });
  return { made, progress: (line: string) => void (line === "image-push" && whenPushed()) };
}

describe("PushedImage", () => {
  test("is built and pushed under its hash, and known by its digest; credentials go by no argument", async () => {
    const { host, shelves } = await imageRegistry(),
      said: string[] = [];
    const { made, progress } = toolchain(() => shelves.images.add(ON_THE_SHELF));
    const { id, outputs } = await pushedImage.create(
      { ...inputsFor(host, CREDENTIALS), buildArgs: { A: "1" } },
      (line) => {
        said.push(line);
        progress(line);
      },
    );
    expect(id).toBe(`${host}/guild/tool`);
    expect(outputs).toEqual({ reference: `${host}/guild/tool:0123456789ab@${digestOfImage(ON_THE_SHELF)}` });
    expect(made().map(({ args }) => args)).toEqual([
      ["image", IMAGE, "--unpacked", "--context", "images/tool", "--build-arg", "A=1"],
      ["image-push", IMAGE, `${host}/guild/tool:0123456789ab`],
    ]);
    expect(JSON.parse(made()[1]?.stdin ?? "")).toMatchObject({ credentials: CREDENTIALS, caCertificatePem });
    expect(said).toEqual(["image", `pushing ${host}/guild/tool:0123456789ab`, "image-push"]);
  });

  test.each<Shelves["signIn"]>(["none", "basic", "token"])(
    "is neither built nor pushed where the registry has it, signed in by %s",
    async (signIn) => {
      const { host, shelves } = await imageRegistry(),
        { made } = toolchain(silent);
      shelves.images.add(ON_THE_SHELF);
      shelves.signIn = signIn;
      const { outputs } = await pushedImage.create(inputsFor(host, CREDENTIALS), silent);
      expect(outputs.reference).toContain(digestOfImage(ON_THE_SHELF));
      expect(await pushedImage.drift(inputsFor(host, CREDENTIALS), outputs)).toBeUndefined();
      expect(made()).toEqual([]);
    },
  );

  test("is asked for as nobody where there are no credentials, and the registry that wants some is told of", async () => {
    const { host, shelves } = await imageRegistry();
    shelves.images.add(ON_THE_SHELF);
    for (const signIn of ["basic", "token"] as const) {
      shelves.signIn = signIn;
      await expect(pushedImage.create(inputsFor(host), silent)).rejects.toMatchObject({
        code: "registry-unauthorized",
        message: `the registry ${host}/guild wants credentials, and was given none`,
      });
      const wrong: unknown = await pushedImage
        .create(inputsFor(host, "guild:CANARY"), silent)
        .catch((error: unknown) => error);
      expect(wrong).toMatchObject({
        code: "registry-unauthorized",
        message: `the registry ${host}/guild does not take the credentials that it was given`,
      });
    }
  });

  test("that the registry lost is pushed again", async () => {
    const { host, shelves } = await imageRegistry(),
      { made, progress } = toolchain(() => shelves.images.add(ON_THE_SHELF));
    const state = (await pushedImage.create(inputsFor(host), progress)).outputs;
    shelves.images.clear();
    expect(await pushedImage.drift(inputsFor(host), state)).toBe("the registry does not have it");
    expect((await pushedImage.update(inputsFor(host), progress, state)).outputs).toEqual(state);
    expect(made().filter(({ args }) => args[0] === "image-push")).toHaveLength(2);
    expect(await pushedImage.drift(inputsFor(host), state)).toBeUndefined();
  });

  test("whose tag is another image's now is still looked for by its own digest", async () => {
    const { host, shelves } = await imageRegistry();
    shelves.images.add(ON_THE_SHELF);
    expect(
      await pushedImage.drift(inputsFor(host), {
        reference: `${host}/guild/tool:0123456789ab@sha256:${"0".repeat(64)}`,
      }),
    ).toBe("the registry does not have it");
  });

  test("is believed to be in a registry that is away, or busy", async () => {
    const { host, shelves, stop } = await imageRegistry();
    const state = { reference: `${host}/guild/tool:0123456789ab@${digestOfImage(ON_THE_SHELF)}` };
    for (const status of [503, 429]) {
      shelves.status = status;
      await expect(pushedImage.drift(inputsFor(host), state)).rejects.toBeInstanceOf(Unreachable);
    }
    await stop();
    await expect(pushedImage.drift(inputsFor(host), state)).rejects.toBeInstanceOf(Unreachable);
  });

  test("that was pushed, but that nobody may pull, is told of; so is a registry that no authority vouches for", async () => {
    const { host, shelves } = await imageRegistry();
    toolchain(silent);
    shelves.status = 403;
    await expect(pushedImage.create(inputsFor(host), silent)).rejects.toMatchObject({ code: "image-not-pushed" });
    const { registry, ...inputs } = inputsFor(host);
    await expect(
      pushedImage.create({ ...inputs, registry: { address: registry.address } }, silent),
    ).rejects.toMatchObject({ code: "registry-untrusted", message: expect.stringContaining("caCertificatePem") });
  });

  test("does not send credentials to where they would not be safe", async () => {
    const { host, shelves } = await imageRegistry();
    shelves.signIn = "token";
    shelves.realm = "http://localhost/token";
    await expect(pushedImage.create(inputsFor(host, CREDENTIALS), silent)).rejects.toMatchObject({
      code: "registry-refused",
    });
    expect(shelves.calls).toHaveLength(1);
  });

  test("fails with the words of a push that failed", async () => {
    const { host } = await imageRegistry();
    toolchain(
      silent,
      'if (args[0] === "image-push") { console.error("no room on the shelves"); process.exitCode = 1; }',
    );
    await expect(pushedImage.create(inputsFor(host), silent)).rejects.toMatchObject({
      code: "toolchain-failed",
      message: expect.stringContaining("no room on the shelves"),
    });
  });

  test("moves to another registry by being made anew there, and is the same by other credentials", () => {
    const { registry } = inputsFor("registry.example.org", "a:b");
    expect(["image", "context", "buildArgs", "registry"].filter((input) => pushedImage.replaces(input))).toEqual([
      "registry",
    ]);
    expect(pushedImage.same("registry", registry, { ...registry, credentials: "a:c" })).toBe(true);
    expect(pushedImage.same("registry", registry, { ...registry, address: "registry.example.net" })).toBe(false);
  });

  test("leaves the registry as it is when it is deleted", async () => {
    const { host, shelves } = await imageRegistry();
    await pushedImage.delete(inputsFor(host), silent);
    expect(shelves.calls).toEqual([]);
  });

  test.each([
    "registry.example.org",
    "registry.example.org/guild",
    "localhost:5000",
    "ghcr.io/ada/guild_net",
    "registry:5000/a",
  ])("takes a registry at %s", (address) => {
    expect(pushedImage.check({ image: IMAGE, context: "a", registry: { address } })).toEqual([]);
  });

  test.each([
    "guild/images",
    "registry",
    "https://registry.example.org",
    "guild:CANARY@registry.example.org",
    "registry.example.org/Guild",
    "registry.example.org/",
    "",
  ])("refuses one at %j", (address) => {
    expect(pushedImage.check({ image: IMAGE, context: "a", registry: { address } })).toMatchObject([
      { path: ["registry", "address"] },
    ]);
  });

  test("refuses credentials without a password, and shows none", () => {
    const issues = pushedImage.check({
      image: IMAGE,
      context: "a",
      registry: { address: "registry.example.org", credentials: "CANARY" },
    });
    expect(issues).toMatchObject([
      { path: ["registry", "credentials"], message: 'must be of the form "user:password"' },
    ]);
    expect(JSON.stringify(issues)).not.toContain("CANARY");
  });
});

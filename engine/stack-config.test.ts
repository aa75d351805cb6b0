import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useScratch } from "../toolchain/testing/scratch.ts";
import { applyChanges, assertHasFile, ownName, prepareStackConfig, stackFileName } from "./stack-config.ts";

const SOURCE = "# the people\nconfig:\n  guildnet:guild:\n    # handles\n    admins: [a]\n";

describe("applyChanges", () => {
  it("leaves a file alone to which only the salt was added", () => {
    expect(applyChanges(SOURCE, `${SOURCE}encryptionsalt: v1:x\n`)).toBe(SOURCE);
  });

  it("sets, changes and removes keys and keeps comments", () => {
    const copy = "config:\n  guildnet:other: 1\n  guildnet:guild:\n    admins: [a, b]\nencryptionsalt: v1:x\n";
    expect(applyChanges(SOURCE, copy)).toBe(
      "# the people\nconfig:\n  guildnet:guild:\n    admins:\n      - a\n      - b\n  guildnet:other: 1\n",
    );
    expect(applyChanges(SOURCE, "config: {}\nencryptionsalt: v1:x\n")).not.toContain("guildnet:guild");
  });

  it("takes the salt along with a secret, which is worthless without it", () => {
    const copy = `${SOURCE}  guildnet:token:\n    secure: v1:abc\nencryptionsalt: v1:x\n`;
    expect(applyChanges(SOURCE, copy)).toContain("encryptionsalt: v1:x");
    expect(applyChanges(SOURCE, copy)).toContain("secure: v1:abc");
  });

  it("starts a file where there was none", () => {
    expect(applyChanges("", "config:\n  a:b: c\nencryptionsalt: v1:x\n")).toBe("config:\n  a:b: c\n");
  });
});

describe("ownName", () => {
  it("is the same stack's, however it is written", () => {
    expect(["lab", "organization/guild/lab"].map((stack) => ownName("guild", stack))).toEqual(["lab", "lab"]);
  });

  it.each(["", "a/b", "../x", "A B", "organization/other/lab", "guild/lab", "a/organization/guild/lab"])(
    "refuses %j, which is none",
    (stack) => {
      expect(() => ownName("guild", stack)).toThrow(/can't be called.*may have organization\/guild\/ before it/);
    },
  );
});

describe("assertHasFile", () => {
  const scratch = useScratch();

  it("names the file that is not there, and the folder that was looked into", () => {
    writeFileSync(join(scratch.path, "Pulumi.lab.yaml"), "config: {}\n");
    expect(() => assertHasFile({ root: scratch.path }, "organization/guild/lab")).not.toThrow();
    expect(() => assertHasFile({ root: scratch.path }, "lob")).toThrow(
      /The stack lob has no config: there is no .*Pulumi\.lob\.yaml.*GUILDNET_STACK_FILES names the folder/,
    );
    expect(() => assertHasFile({ root: scratch.path, stackFiles: "/nowhere" }, "lab")).toThrow(
      /no \/nowhere\/Pulumi\.lab\.yaml.*GUILDNET_STACK_FILES is \/nowhere/,
    );
  });
});

describe("prepareStackConfig", () => {
  const scratch = useScratch();
  const checkout = (text: string) => {
    const root = join(scratch.path, "checkout");
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, "Pulumi.yaml"), "name: guild\n");
    writeFileSync(join(root, "Pulumi.dev.yaml"), text);
    return root;
  };

  it("keeps the salt of earlier runs in the copy and out of the checkout", () => {
    const root = checkout(SOURCE);
    const first = prepareStackConfig({ root }, scratch.home, "dev");
    writeFileSync(first.file ?? "", `${SOURCE}encryptionsalt: v1:kept\n`);
    first.writeBack();
    const second = prepareStackConfig({ root }, scratch.home, "dev");
    expect(readFileSync(second.file ?? "", "utf8")).toBe(`${SOURCE}encryptionsalt: v1:kept\n`);
    expect(readFileSync(join(root, "Pulumi.dev.yaml"), "utf8")).toBe(SOURCE);
  });

  it("takes the salt of the state where the copy was lost, and no other", () => {
    const { file = "" } = prepareStackConfig({ root: checkout(SOURCE) }, scratch.home, "dev", "v1:state");
    expect(readFileSync(file, "utf8")).toBe(`${SOURCE}encryptionsalt: v1:state\n`);
    expect(
      readFileSync(prepareStackConfig({ root: checkout(SOURCE) }, scratch.home, "dev", "v1:other").file ?? "", "utf8"),
    ).toBe(`${SOURCE}encryptionsalt: v1:state\n`);
  });

  it("takes up what has changed in the checkout", () => {
    const root = checkout(SOURCE);
    prepareStackConfig({ root }, scratch.home, "dev");
    checkout("config:\n  a:b: new\n");
    expect(readFileSync(prepareStackConfig({ root }, scratch.home, "dev").file ?? "", "utf8")).toBe(
      "config:\n  a:b: new\n",
    );
  });

  it.each(["encryptionsalt: v1:own", "secretsprovider: awskms://k"])("uses a file as it is that says %j", (line) => {
    const root = checkout(`${SOURCE}${line}\n`);
    expect(prepareStackConfig({ root }, scratch.home, "dev").file).toBeUndefined();
  });

  it.each(["encryptionsalt: v1:own", "secretsprovider: awskms://k"])(
    "names to the engine a file of another folder that says %j, as it would take everybody's defaults instead",
    (line) => {
      const root = checkout(SOURCE),
        folder = join(scratch.path, "elsewhere");
      mkdirSync(folder);
      writeFileSync(join(folder, "Pulumi.dev.yaml"), `${SOURCE}${line}\n`);
      expect(prepareStackConfig({ root, stackFiles: folder }, scratch.home, "dev").file).toBe(
        join(folder, "Pulumi.dev.yaml"),
      );
    },
  );

  it("keeps the stacks of two projects apart", () => {
    const root = checkout(SOURCE);
    const { file } = prepareStackConfig({ root }, scratch.home, "dev");
    writeFileSync(join(root, "Pulumi.yaml"), "name: other\n");
    expect(prepareStackConfig({ root }, scratch.home, "dev").file).not.toBe(file);
  });

  it("says which folder is no project", () => {
    const root = checkout(SOURCE);
    rmSync(join(root, "Pulumi.yaml"));
    expect(() => prepareStackConfig({ root }, scratch.home, "dev")).toThrow(/no project in .*checkout/);
  });

  it("names the file that is not YAML", () => {
    const root = checkout("config: [\n");
    expect(() => prepareStackConfig({ root }, scratch.home, "dev")).toThrow(/Pulumi\.dev\.yaml is not valid YAML/);
  });
});

it("names a stack's file by the last part of its name", () =>
  expect(stackFileName("acme/guildnet/prod")).toBe("Pulumi.prod.yaml"));

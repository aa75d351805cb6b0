import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { useScratch } from "../testing/scratch.ts";
import { packageFromManifest, requiredPackages } from "./packages.ts";

const scratch = useScratch();

it("finds plugins in the program's node_modules and in those above, the nearest first", () => {
  const put = (folder: string, manifest: object) => {
    mkdirSync(join(scratch.path, folder), { recursive: true });
    writeFileSync(join(scratch.path, folder, "package.json"), JSON.stringify(manifest));
  };
  put("node_modules/@pulumi/kubernetes", { name: "@pulumi/kubernetes", version: "4.25.0", pulumi: { resource: true } });
  put("node_modules/@pulumi/random", { name: "@pulumi/random", version: "4.0.0", pulumi: { resource: true } });
  put("node_modules/plain", { name: "plain", version: "1.0.0" });
  put("app/node_modules/@pulumi/kubernetes", {
    name: "@pulumi/kubernetes",
    version: "4.24.0",
    pulumi: { resource: true },
  });
  const found = requiredPackages(join(scratch.path, "app")).filter(({ name }) =>
    ["kubernetes", "random"].includes(name),
  );
  expect(found).toEqual([
    { name: "kubernetes", version: "v4.24.0", server: undefined },
    { name: "random", version: "v4.0.0", server: undefined },
  ]);
});

it.each([
  [
    { name: "@pulumi/a", version: "1.0.0", pulumi: { resource: true } },
    { name: "a", version: "v1.0.0", server: undefined },
  ],
  [
    { name: "@x/b", version: "1.0.0", pulumi: { resource: true, name: "b", version: "v2.0.0", server: "https://s" } },
    { name: "b", version: "v2.0.0", server: "https://s" },
  ],
  [{ name: "@x/c", version: "1.0.0", pulumi: { resource: true } }, undefined],
  [{ name: "@pulumi/pulumi", version: "3.0.0", pulumi: { resource: false } }, undefined],
  [{ name: "@pulumi/policy" }, undefined],
])("reads the manifest %j", (manifest, expected) => expect(packageFromManifest(manifest)).toEqual(expected));

import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Transforms } from "../kube/transform.ts";
import { record, showsInPlain } from "./record.ts";

const root = join(import.meta.dirname, "..");
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
  (file) => file.endsWith(".ts") && !/\.test\.ts$|(^|\/)(dist|node_modules)\//.test(file),
);

/** One way to make a component, and what then is there. */
export interface Case {
  component: string;
  /** Makes one under the name "it". */
  make: (provider: () => k8s.Provider, transform?: Transforms<object>) => pulumi.ComponentResource;
  /** Every child as "type name", without the prefix "it-". */
  children: string[];
  outputs: string[];
  /** Outputs that are secrets. */
  secret: string[];
  /** Text that must not be seen outside of a secret. */
  canaries: string[];
  /** What is attached to a workspace and has children to `transform` in it: "Registry", which types them as `RegistryAttachmentChildren`. */
  attached?: string;
}

/** Holds each case to what all components promise: CONTRIBUTING.md has it in words. */
export function holdsToContract(cases: readonly Case[]): void {
  describe.each(cases)("$component", ({ component, make, children, outputs, secret, canaries, attached }) => {
    async function registered() {
      const all = await record(() => make(() => new k8s.Provider("outer", { kubeconfig: "outer" })));
      const it = all.find(({ type }) => type === `guildnet:index:${component}`);
      if (it === undefined) throw new Error(`no ${component} was registered`);
      return { it, children: all.filter(({ parent }) => parent === it.urn), all };
    }

    test("has exactly these children, named after it", async () => {
      const found = await registered();
      expect(found.children.map(({ type, name }) => `${type} ${name.replace(/^it-/, "")}`).sort()).toEqual(
        [...children].sort(),
      );
      for (const child of found.children) expect(child.name).toMatch(/^it-/);
    });

    test("is the ancestor of all it makes", async () => {
      const { it, all } = await registered();
      const parents = new Map(all.map(({ urn, parent }) => [urn, parent]));
      for (const { urn, name } of all.filter((resource) => resource.name !== "outer")) {
        let top = urn;
        while (parents.get(top)) top = parents.get(top) ?? "";
        expect(top, name).toBe(it.urn);
      }
    });

    test("lets every child be changed, by its name, that is no resource of this project", async () => {
      const mark = (_: object, opts: pulumi.CustomResourceOptions) => {
        opts.ignoreChanges = ["mark"];
      };
      const all = await record(() =>
        make(() => new k8s.Provider("outer", { kubeconfig: "outer" }), new Proxy({}, { get: () => mark })),
      );
      const { urn } =
        all.find(({ type, name }) => name === "it" && type === `guildnet:index:${component}`) ??
        expect.fail("it is not there");
      const changeable = all.filter(({ parent, type }) => parent === urn && !type.startsWith("guildnet:"));
      expect(changeable.filter(({ ignoreChanges }) => !ignoreChanges.includes("mark")).map(({ name }) => name)).toEqual(
        [],
      );
      const typed = [component, ...(attached === undefined ? [] : [`${attached}Attachment`])];
      const patterns = changeable.length === 0 ? [] : typed.flatMap(typedChildren);
      expect(
        changeable
          .map(({ name }) => name.slice("it-".length))
          .filter((name) => !patterns.some((pattern) => pattern.test(name))),
      ).toEqual([]);
    });

    test("says whom it reaches that its pods are away, unless they are somebody's own", async () => {
      const { it, children: made } = await registered();
      const hasPods = made.some(({ type }) => /:(Deployment|StatefulSet|DaemonSet)$/.test(type));
      const isSomebodys = ["App", "Workspace"].includes(component);
      if (hasPods && !isSomebodys) expect(it.inputs["reaches"]).toMatch(/^(nobody|everybody|whoever|visitors)\b/);
    });

    test("registers its outputs, secrets as such", async () => {
      const { it } = await registered();
      expect(Object.keys(it.outputs ?? {}).sort()).toEqual([...outputs].sort());
      expect(
        Object.entries(it.outputs ?? {})
          .filter(([, value]) => isSecret(value))
          .map(([key]) => key),
      ).toEqual(secret);
    });

    test("shows no secret in an input or output", async () => {
      const { all } = await registered();
      const text = JSON.stringify(all);
      for (const canary of canaries) {
        expect(text, "the canary is there at all").toContain(canary);
        for (const { name, inputs, outputs: own } of all) {
          expect(showsInPlain(inputs, canary), `${canary} in the inputs of ${name}`).toBe(false);
          expect(showsInPlain(own ?? {}, canary), `${canary} in the outputs of ${name}`).toBe(false);
        }
      }
    });

    test("gives Kubernetes objects fixed names under one field manager, and one provider", async () => {
      const { all } = await registered();
      const inCluster = all.filter(({ type }) => type.startsWith("kubernetes:"));
      // A release is many objects, which its chart names.
      const releases = inCluster.filter(({ type }) => type === "kubernetes:helm.sh/v3:Release");
      for (const release of releases) expect(release.inputs["name"], release.name).toBeTypeOf("string");
      const objects = inCluster.filter((object) => !releases.includes(object));
      for (const object of objects) {
        const metadata = object.inputs["metadata"] as { name?: string; annotations?: Record<string, string> };
        expect(metadata.name, object.name).toBeTypeOf("string");
        expect(metadata.annotations, object.name).toMatchObject({
          "pulumi.com/patchFieldManager": "guildnet",
          "pulumi.com/patchForce": "true",
        });
      }
      expect(new Set(inCluster.map((object) => object.provider)).size).toBeLessThanOrEqual(1);
      for (const object of inCluster) expect(object.provider).not.toBe("");
    });

    test("has the old one of a fixed name deleted before the new one is made, or both would be gone", async () => {
      const { all } = await registered();
      const fixed = all.filter(({ type }) => /^kubernetes:|:(EmbeddedNode|HeadscaleUser)$/.test(type));
      expect(fixed.filter(({ deleteBeforeReplace }) => !deleteBeforeReplace).map(({ name }) => name)).toEqual([]);
    });
  });
}

/** Names of the children that a component's `transform` is typed for, from its source: types are gone when it runs. */
function typedChildren(component: string): RegExp[] {
  const source =
    files
      .map((file) => readFileSync(join(root, file), "utf8"))
      .find((text) => text.includes(`${component}Children `)) ?? expect.fail(`no file has ${component}Children`);
  const type = source.slice(source.indexOf(`${component}Children `)).split("\n\n")[0] ?? "";
  const names = [...type.matchAll(/^ +"?([\w-]+)"?: k?|Record<(Program),/gm)].map(
    (found) => found[1] ?? found[2] ?? "",
  );
  const patterns = [...type.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text.replace("${string}", "[^/]+"));
  return [...names, ...patterns].map(
    (text) => new RegExp(`^${text.replace(/\$\{Program\}|^Program$/, "(controller|webhook|cainjector|speaker)")}$`),
  );
}

function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secret" in value;
}

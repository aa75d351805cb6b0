import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { stringify } from "yaml";
import { applyObjects } from "../manifest/apply.ts";
import { ClusterApi } from "../manifest/cluster-api.ts";
import { objectsOf } from "../manifest/objects.ts";
import { objectStore, type ObjectStore, type Stored } from "../testing/object-store.ts";
import { scratchFolder } from "../testing/scratch.ts";
import type { Properties } from "./resource.ts";
import { upstreamManifest } from "./upstream-manifest.ts";

const silent = (): void => {};
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const widgets = `${definitions}/widgets.example.org`,
  gadgets = `${definitions}/gadgets.example.org`;

function definition(plural: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const names = { plural, kind: plural === "widgets" ? "Widget" : "Gadget" };
  const spec = {
    group: "example.org",
    names,
    scope: "Namespaced",
    versions: [
      { name: "v1", served: true },
      { name: "v1alpha1", served: false },
    ],
    ...changes,
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.example.org`, labels: { app: "x" } },
    spec,
  };
}

/** YAML as upstream writes it, with documents that hold nothing. */
const manifestOf = (...objects: unknown[]): string =>
  `---\n# none\n${objects.map((object) => `---\n${stringify(object)}`).join("")}---\n`;
const both = manifestOf(definition("widgets"), definition("gadgets"));

/** A toolchain that runs the given code. */
function toolchain(code: string): void {
  const path = join(scratchFolder(), "toolchain.mjs");
  writeFileSync(path, `import { writeFileSync } from "node:fs"; ${code}`);
  vi.stubEnv("GUILDNET_TOOLCHAIN_CLI", path);
  onTestFinished(() => void vi.unstubAllEnvs());
}

function fileWith(text: string): string {
  const path = join(scratchFolder(), "crds.yaml");
  writeFileSync(path, text);
  return path;
}

const source = { module: "example.org/x@v1.2.3", files: ["crds/*.yaml"], sha256: sha256(both) };

interface Made {
  store: ObjectStore;
  inputs: Properties;
  state: Properties;
}

/** From a copy, which takes no toolchain. */
async function made(changes: Properties = {}, text = both): Promise<Made> {
  const store = await objectStore();
  const inputs = {
    kubeconfig: store.kubeconfig,
    source,
    path: fileWith(text),
    labels: { owner: "guild" },
    keep: true,
    ...changes,
  };
  const { id, outputs } = await upstreamManifest.create(inputs, silent);
  return { store, inputs, state: { ...inputs, ...outputs, id } };
}

describe("UpstreamManifest", () => {
  test("applies each object server-side, with labels and the manifest's hash, and waits until it is served", async () => {
    const { store, state } = await made();
    expect(store.objects.get(widgets)?.metadata).toMatchObject({
      labels: { app: "x", owner: "guild" },
      annotations: { "guildnet.dev/manifest-sha256": sha256(both) },
    });
    expect(store.calls.filter((call) => call.startsWith("PATCH"))).toEqual(
      [widgets, gadgets].map((path) => `PATCH ${path}?fieldManager=guildnet&force=true`),
    );
    expect(store.calls.at(-1)).toBe("GET /apis/example.org/v1");
    expect(state).toMatchObject({
      hash: sha256(both),
      objects: [
        { path: widgets, generation: 1 },
        { path: gadgets, generation: 1 },
      ],
    });
  });

  test("keeps in the state no word of the text", async () => {
    const { state } = await made();
    expect(JSON.stringify(state)).not.toContain("Widget");
  });

  test("asks the toolchain for what is pinned, and applies what that found", async () => {
    const store = await objectStore(),
      asked = join(scratchFolder(), "asked.json");
    toolchain(
      `writeFileSync(${JSON.stringify(asked)}, JSON.stringify(process.argv.slice(2))); console.log(JSON.stringify({ files: [${JSON.stringify(fileWith(both))}] }));`,
    );
    const release = { url: "https://example.org/crds.yaml", sha256: sha256("release") };
    await upstreamManifest.create(
      { kubeconfig: store.kubeconfig, source: { ...source, release }, labels: {}, keep: true },
      silent,
    );
    expect(JSON.parse(readFileSync(asked, "utf8"))).toEqual([
      "manifest",
      "example.org/x@v1.2.3",
      "crds/*.yaml",
      "--sha256",
      sha256(both),
      "--release-url",
      release.url,
      "--release-sha256",
      release.sha256,
    ]);
    expect([...store.objects.keys()]).toEqual([widgets, gadgets]);
  });

  test("applies what is of a kind that it defines once that is served, in the order of the file", async () => {
    const widget = { apiVersion: "example.org/v1", kind: "Widget", metadata: { name: "w", namespace: "here" } },
      namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "here" } };
    const settings = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" } };
    const { state } = await made({}, manifestOf(namespace, widget, definition("widgets"), settings));
    expect(state.objects).toEqual([
      { path: widgets, generation: 1 },
      { path: "/api/v1/namespaces/here", generation: 0 },
      { path: "/apis/example.org/v1/namespaces/here/widgets/w", generation: 0 },
      { path: "/api/v1/namespaces/default/configmaps/settings", generation: 0 },
    ]);
  });

  test("says why a definition is not served", async () => {
    const store = await objectStore();
    store.refused.add("gadgets.example.org");
    const api = new ClusterApi(store.kubeconfig, undefined, 1_000);
    const applying = applyObjects(api, objectsOf(manifestOf(definition("gadgets")), "crds.yaml"), {
      labels: {},
      hash: "",
      progress: silent,
      untilServed: 300,
    });
    await expect(applying).rejects.toMatchObject({
      code: "crd-not-served",
      message: "the API server does not serve gadgets.example.org: NamesAccepted: its plural is taken",
    });
  });
});

describe("drift of an UpstreamManifest", () => {
  test("is none while all is as it was applied, and costs one small request for each object", async () => {
    const { store, inputs, state } = await made();
    store.calls.length = 0;
    expect(await upstreamManifest.drift(inputs, state)).toBeUndefined();
    expect(store.calls).toEqual([`GET ${widgets}`, `GET ${gadgets}`]);
  });

  test.each<[string, (store: ObjectStore) => void, string]>([
    ["deleted", ({ objects }) => void objects.delete(gadgets), "gadgets.example.org is gone"],
    [
      "changed",
      ({ objects }) => void ((objects.get(gadgets) as Stored).metadata.generation += 1),
      "gadgets.example.org was changed",
    ],
    [
      "made by somebody else",
      ({ objects }) => void delete (objects.get(gadgets) as Stored).metadata.annotations,
      "gadgets.example.org was changed",
    ],
  ])("is seen where an object was %s, and an update puts it right", async (_what, spoil, reason) => {
    const { store, inputs, state } = await made();
    spoil(store);
    expect(await upstreamManifest.drift(inputs, state)).toBe(reason);
    const { id, outputs } = await upstreamManifest.update(inputs, silent, state);
    expect(id).toBe(state.id);
    expect(await upstreamManifest.drift(inputs, { ...state, ...outputs })).toBeUndefined();
  });

  test("is none where the webhook's controller writes its authority into a definition", async () => {
    const { store, inputs, state } = await made(
      {},
      manifestOf(definition("widgets", { conversion: { strategy: "Webhook" } })),
    );
    (store.objects.get(widgets) as Stored).metadata.generation = 7;
    expect(await upstreamManifest.drift(inputs, state)).toBeUndefined();
  });

  test("is not known where nobody answers", async () => {
    const { inputs, state } = await made();
    await expect(upstreamManifest.drift({ ...inputs, context: "nowhere" }, state)).rejects.toMatchObject({
      code: "cluster-unreachable",
    });
  });

  test("is a change of one's own copy", async () => {
    const { store, inputs, state } = await made({}, manifestOf(definition("widgets")));
    const { path } = inputs as { path: string };
    writeFileSync(path, both);
    expect(await upstreamManifest.drift(inputs, state)).toBe(`${path} was changed`);
    await upstreamManifest.update(inputs, silent, state);
    expect([...store.objects.keys()]).toEqual([widgets, gadgets]);
  });
});

describe("the end of an UpstreamManifest", () => {
  test("leaves the objects, unless told otherwise", async () => {
    const { store, state } = await made();
    await upstreamManifest.delete(state, silent);
    expect(store.objects.size).toBe(2);
    await upstreamManifest.delete({ ...state, keep: false }, silent);
    expect(store.objects.size).toBe(0);
    await upstreamManifest.delete({ ...state, keep: false }, silent);
  });

  test.each([
    [true, 2],
    [false, 1],
  ])("and that of an object that upstream gave up, keep: %s", async (keep, left) => {
    const { store, inputs, state } = await made({ keep });
    writeFileSync(String(inputs.path), manifestOf(definition("widgets")));
    const { outputs } = await upstreamManifest.update(inputs, silent, state);
    expect(outputs.objects).toHaveLength(1);
    expect(store.objects.size).toBe(left);
  });
});

describe("an UpstreamManifest that can't be", () => {
  test("waits for an API server that is busy", async () => {
    const store = await objectStore();
    store.busy = 3;
    await upstreamManifest.create(
      { kubeconfig: store.kubeconfig, source, path: fileWith(both), labels: {}, keep: true },
      silent,
    );
    expect(store.objects.size).toBe(2);
  });

  test("tells the toolchain's own words", async () => {
    const { inputs, state } = await made();
    toolchain(
      'process.stderr.write("crds/*.yaml of example.org/x@v1.2.3 are not what was pinned\\n"); process.exitCode = 1;',
    );
    await expect(upstreamManifest.update({ ...inputs, path: undefined }, silent, state)).rejects.toMatchObject({
      code: "toolchain-failed",
      message: "crds/*.yaml of example.org/x@v1.2.3 are not what was pinned",
    });
  });

  test.each([
    ["nothing", ""],
    ["no files", '{"files":[]}'],
  ])("says that the toolchain answered %s", async (_what, answer) => {
    const { inputs, state } = await made();
    toolchain(`console.log(${JSON.stringify(answer)});`);
    await expect(upstreamManifest.update({ ...inputs, path: undefined }, silent, state)).rejects.toThrow(
      "the toolchain did not say where the manifest of example.org/x@v1.2.3 is",
    );
  });

  test.each<[string, Properties, string, string]>([
    [
      "a kubeconfig with no rights",
      { kubeconfig: "REVOKED" },
      "cluster-refused",
      "answered 401 to GET /apis/apiextensions.k8s.io/v1: Unauthorized",
    ],
    ["a stranger's certificate", { context: "stranger" }, "cluster-refused", "does not answer: "],
    ["a context that is not there", { context: "none" }, "kubeconfig-incomplete", 'no cluster for its context "none"'],
    [
      "a copy that is not there",
      { path: "/nothing/there.yaml" },
      "manifest-missing",
      "there is nothing at /nothing/there.yaml",
    ],
  ])("says so of %s", async (_what, changes, code, message) => {
    const { store, inputs, state } = await made();
    const kubeconfig =
      changes.kubeconfig === undefined ? store.kubeconfig : store.kubeconfig.replace("cluster-secret", "revoked");
    await expect(upstreamManifest.update({ ...inputs, ...changes, kubeconfig }, silent, state)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  test.each([
    ["no YAML", "a: [", "Flow sequence"],
    ["a document without a kind", "apiVersion: v1\nmetadata: { name: x }", "lacks apiVersion, kind or metadata.name"],
  ])("says so of %s", async (_what, text, message) => {
    const { inputs, state } = await made();
    writeFileSync(String(inputs.path), text);
    await expect(upstreamManifest.update(inputs, silent, state)).rejects.toMatchObject({
      code: "manifest-invalid",
      message: expect.stringContaining(message),
    });
  });

  test.each<[string, Properties, (string | number)[]]>([
    ["a module without a version", { module: "example.org/x" }, ["source", "module"]],
    ["an option for a module", { module: "-x@v1" }, ["source", "module"]],
    ["a file outside of the module", { files: ["../x.yaml"] }, ["source", "files", 0]],
    ["no file", { files: [] }, ["source", "files"]],
    ["a hash that is none", { sha256: "abc" }, ["source", "sha256"]],
    ["a release without a hash", { release: { url: "https://example.org/a" } }, ["source", "release", "sha256"]],
    [
      "a release over HTTP",
      { release: { url: "http://example.org/a", sha256: sha256("") } },
      ["source", "release", "url"],
    ],
  ])("refuses %s before anything is applied", async (_what, changes, path) => {
    expect(
      upstreamManifest
        .check({ kubeconfig: "k", source: { ...source, ...changes }, labels: {}, keep: true })
        .map((issue) => issue.path),
    ).toEqual([path]);
  });

  test("replaces nothing, whatever changes", () => {
    expect(
      ["kubeconfig", "context", "source", "path", "labels", "keep"].filter((input) => upstreamManifest.replaces(input)),
    ).toEqual([]);
  });
});

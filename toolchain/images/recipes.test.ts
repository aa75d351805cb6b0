import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { suiteImages } from "../../tests/conformance/cluster/suite-images.ts";
import { VERSIONS } from "../versions.ts";
import { knownReferences, recipeFor } from "./recipes.ts";
import { parseReference } from "./reference.ts";

it("has recipes for exact versions alone", () => {
  expect(recipeFor("registry.k8s.io/pause:3.10.1")).toBeTypeOf("function");
  expect(recipeFor("registry.k8s.io/pause:3.10")).toBeUndefined();
  expect(recipeFor("toString")).toBeUndefined();
});

it("has one for each image that Kubernetes' own tests run, and takes these from the release of the node", () => {
  expect(knownReferences()).toEqual(
    expect.arrayContaining(Object.values(suiteImages).map(({ reference }) => reference)),
  );
  const goMod = readFileSync(new URL("../go/conformance/go.mod", import.meta.url), "utf8");
  expect(goMod).toContain(`k8s.io/kubernetes v${VERSIONS.kubernetes.version}\n`);
});

it("names every image in full", () => {
  for (const reference of knownReferences()) expect(parseReference(reference).registry).toMatch(/\./);
});

it.each([
  ["cert-manager", "github.com/cert-manager/cert-manager", "quay.io/jetstack/cert-manager-controller:"],
  ["coredns", "github.com/coredns/coredns", "registry.k8s.io/coredns/coredns:"],
  ["frp", "github.com/fatedier/frp", "docker.io/fatedier/frpc:"],
  ["frp", "github.com/fatedier/frp", "docker.io/fatedier/frps:"],
  ["headscale", "github.com/juanfont/headscale", "docker.io/headscale/headscale:"],
  ["local-path-provisioner", "github.com/rancher/local-path-provisioner", "docker.io/rancher/local-path-provisioner:"],
  ["metallb", "go.universe.tf/metallb", "quay.io/metallb/controller:"],
  ["metallb", "go.universe.tf/metallb", "quay.io/metallb/speaker:"],
  ["nats-cli", "github.com/nats-io/natscli", "guildnet.local/nats-cli:"],
  ["nats-server", "github.com/nats-io/nats-server/v2", "docker.io/library/nats:"],
  ["node-exporter", "github.com/prometheus/node_exporter", "quay.io/prometheus/node-exporter:"],
  ["ollama", "github.com/ollama/ollama", "docker.io/ollama/ollama:"],
  ["registry", "github.com/distribution/distribution/v3", "docker.io/library/registry:"],
  ["rest-server", "github.com/restic/rest-server", "docker.io/restic/rest-server:"],
  ["restic", "github.com/restic/restic", "docker.io/restic/restic:"],
  ["tailscale", "tailscale.com", "ghcr.io/tailscale/tailscale:"],
  ["victoria-metrics", "github.com/VictoriaMetrics/VictoriaMetrics", "docker.io/victoriametrics/victoria-metrics:"],
  ["victoria-metrics", "github.com/VictoriaMetrics/VictoriaMetrics", "docker.io/victoriametrics/vmalert:"],
])("builds %s from the module of the version that its tag names", (folder, module, image) => {
  const goMod = readFileSync(new URL(`../go/${folder}/go.mod`, import.meta.url), "utf8");
  const version = goMod.match(new RegExp(`\\s${module} (v\\S+)`))?.[1] ?? "none";
  const tag = knownReferences()
    .find((reference) => reference.startsWith(image))
    ?.slice(image.length);
  // Some tags are without the v.
  expect([version, version.slice(1)]).toContain(tag);
});

it("has the programs of the node's own release for Talos", () =>
  expect(recipeFor(`guildnet.local/talos-kubernetes:${VERSIONS.kubernetes.version}`)).toBeTypeOf("function"));

it("keeps to the versions that are pinned in one place", () => {
  const packageOf = (path: string) =>
    JSON.parse(readFileSync(new URL(`../../images/workspace/${path}/package.json`, import.meta.url), "utf8"))
      .dependencies as Record<string, string>;
  expect(packageOf("ide")).toEqual({ "code-server": VERSIONS["code-server"].version });
  expect(packageOf("codex")).toEqual({ "@openai/codex": VERSIONS.codex.version });
  expect(knownReferences()).toEqual(
    expect.arrayContaining([
      `docker.io/library/node:${VERSIONS.node.version}-bookworm-slim`,
      `registry.k8s.io/coredns/coredns:v${VERSIONS.coredns.version}`,
      ...["controller", "webhook", "cainjector"].map(
        (program) => `quay.io/jetstack/cert-manager-${program}:v${VERSIONS["cert-manager"].version}`,
      ),
      ...["frpc", "frps"].map((program) => `docker.io/fatedier/${program}:v${VERSIONS.frp.version}`),
      `docker.io/headscale/headscale:${VERSIONS.headscale.version}`,
      `docker.io/ollama/ollama:${VERSIONS.ollama.version}`,
      `docker.io/rancher/local-path-provisioner:v${VERSIONS["local-path-provisioner"].version}`,
      `quay.io/metallb/controller:v${VERSIONS.metallb.version}`,
      `quay.io/metallb/speaker:v${VERSIONS.metallb.version}`,
      `ghcr.io/tailscale/tailscale:v${VERSIONS.tailscale.version}`,
      `docker.io/library/nats:${VERSIONS["nats-server"].version}`,
      `guildnet.local/nats-cli:${VERSIONS["nats-cli"].version}`,
      `guildnet.local/radicle-programs:${VERSIONS.radicle.version}`,
      `docker.io/library/registry:${VERSIONS.registry.version}`,
      `docker.io/restic/rest-server:${VERSIONS["rest-server"].version}`,
      `docker.io/restic/restic:${VERSIONS.restic.version}`,
      ...["victoria-metrics", "vmalert"].map(
        (program) => `docker.io/victoriametrics/${program}:v${VERSIONS["victoria-metrics"].version}`,
      ),
      `quay.io/prometheus/node-exporter:v${VERSIONS["node-exporter"].version}`,
    ]),
  );
});

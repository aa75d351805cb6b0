import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { images, kubernetesVersion, manifests } from "./versions.ts";

test("what components name is what the toolchain builds", () => {
  const built = JSON.parse(readFileSync(new URL("../toolchain/versions.json", import.meta.url), "utf8")) as Record<
    string,
    { version: string }
  >;
  const tag = (image: string) => image.split(":").at(-1);
  expect(kubernetesVersion).toBe(built["kubernetes"]?.version);
  const certManager = `v${built["cert-manager"]?.version}`;
  expect([...Object.values(images.certManager).map(tag), manifests.certManager.module.split("@")[1]]).toEqual([
    certManager,
    certManager,
    certManager,
    certManager,
  ]);
  expect(tag(images.coredns)).toBe(`v${built["coredns"]?.version}`);
  const frp = `v${built["frp"]?.version}`;
  expect(Object.values(images.frp).map(tag)).toEqual([frp, frp]);
  expect(tag(images.headscale)).toBe(built["headscale"]?.version);
  expect(tag(images.localPathProvisioner)).toBe(`v${built["local-path-provisioner"]?.version}`);
  const metallb = `v${built["metallb"]?.version}`;
  expect([...Object.values(images.metallb).map(tag), manifests.metallb.module.split("@")[1]]).toEqual([
    metallb,
    metallb,
    metallb,
  ]);
  expect(tag(images.tailscale)).toBe(`v${built["tailscale"]?.version}`);
  expect(tag(images.nats)).toBe(built["nats-server"]?.version);
  expect(tag(images.nodeExporter)).toBe(`v${built["node-exporter"]?.version}`);
  expect(tag(images.ollama)).toBe(built["ollama"]?.version);
  expect(tag(images.registry)).toBe(built["registry"]?.version);
  expect(tag(images.restServer)).toBe(built["rest-server"]?.version);
  expect(tag(images.restic)).toBe(built["restic"]?.version);
  const metrics = `v${built["victoria-metrics"]?.version}`;
  expect(Object.values(images.victoriaMetrics).map(tag)).toEqual([metrics, metrics]);
});

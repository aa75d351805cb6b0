import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, it } from "vitest";
import { talosProtos } from "../../provider/talos/api.ts";
import { VERSIONS } from "../versions.ts";
import { patches } from "./source.ts";

const goMod = (folder: string): string => readFileSync(new URL(`../go/${folder}/go.mod`, import.meta.url), "utf8");

it("builds machined and containerd of the versions that are pinned in one place", () => {
  const { talos, "talos-containerd": containerd } = VERSIONS;
  for (const module of ["github.com/siderolabs/talos", "github.com/siderolabs/talos/pkg/machinery"])
    expect(goMod("machined")).toContain(`${module} v${talos.version}`);
  for (const folder of ["machined", "talos-containerd"])
    expect(goMod(folder)).toContain(`github.com/containerd/containerd/v2 v${containerd.version}`);
});

it("asks the API that the machine of the tests has", () =>
  expect(talosProtos.module).toBe(`github.com/siderolabs/talos@v${VERSIONS.talos.version}`));

it.each(patches().map((file) => [basename(file), file]))("says first why it changes Talos: %s", (_name, file) => {
  const [why = "", ...changes] = readFileSync(file, "utf8").split("\n--- ");
  expect(why.trim().length).toBeGreaterThan(80);
  expect(changes.length).toBeGreaterThan(0);
});

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { scratchHome } from "../testing/scratch.ts";
import { noteClaims, notedClaims, noteVolumeOwners, removeEmptied, volumeOwners, volumesFolder } from "./kept-homes.ts";

test("volumes say whose they are for as long as there are some", () => {
  scratchHome();
  expect(volumeOwners("it").size).toBe(0);
  const home = join(volumesFolder("it", "ws-lab"), "home");
  mkdirSync(home, { recursive: true });
  mkdirSync(volumesFolder("it", "ws-gone"), { recursive: true });
  noteVolumeOwners(
    "it",
    new Map([
      ["ws-lab", "ada"],
      ["ws-gone", "ada"],
      ["ws-never", "ada"],
    ]),
  );
  expect([...volumeOwners("it")]).toEqual([["ws-lab", "ada"]]);
  expect(existsSync(volumesFolder("it", "ws-never"))).toBe(false);
  noteVolumeOwners("it", new Map([["ws-lab", "bob"]]));
  expect(volumeOwners("it").get("ws-lab")).toBe("bob");
  rmSync(home, { recursive: true });
  expect(volumeOwners("it").size).toBe(0);
});

test("claims are known of a node that is stopped, and of none that is gone", () => {
  scratchHome();
  const folder = volumesFolder("it", "ws-lab"),
    data = join(dirname(dirname(folder)), "data");
  expect(notedClaims("it").size).toBe(0);
  mkdirSync(join(folder, "home"), { recursive: true });
  mkdirSync(data);
  noteClaims(
    "it",
    new Map([
      ["ws-lab", { home: { size: "10Gi", className: "local-path" } }],
      ["ws-never", { home: { size: "1Gi" } }],
    ]),
  );
  expect([...notedClaims("it")]).toEqual([["ws-lab", { home: { size: "10Gi", className: "local-path" } }]]);
  rmSync(data, { recursive: true });
  expect(notedClaims("it").size).toBe(0);
  mkdirSync(data);
  rmSync(join(folder, "home"), { recursive: true });
  expect(notedClaims("it").size).toBe(0);
});

test("a namespace whose volumes are gone leaves nothing, and one that has some, or shall have, stays", () => {
  scratchHome();
  const folder = (namespace: string) => volumesFolder("it", namespace);
  for (const namespace of ["ws-gone", "ws-new"]) mkdirSync(folder(namespace), { recursive: true });
  mkdirSync(join(folder("ws-lab"), "home"), { recursive: true });
  mkdirSync(folder("ws-file"));
  writeFileSync(join(folder("ws-file"), ".home.ext4"), "");
  mkdirSync(join(folder("ws-was"), "home"), { recursive: true });
  noteVolumeOwners("it", new Map([["ws-was", "bob"]]));
  rmSync(join(folder("ws-was"), "home"), { recursive: true });
  removeEmptied("it", new Set(["ws-new"]));
  expect(readdirSync(dirname(folder("ws-lab"))).sort()).toEqual(["ws-file", "ws-lab", "ws-new"]);
  removeEmptied("never", new Set());
});

import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { cluster } from "../testing/cluster.ts";
import { scratchHome } from "../testing/scratch.ts";
import { volumesOf } from "./volume-usage.ts";

const volume = (claim: string, storage: string, source: object) => ({
  spec: { capacity: { storage }, claimRef: { namespace: "ws-ada", name: claim }, ...source },
});

test.each([
  ["is there", (home: string) => writeFileSync(join(dirname(home), ".home.ext4"), "")],
  ["is missing", (home: string) => chmodSync(home, 0)],
])(
  "a volume that is a file is none of the folder's, and known to be unmounted, where its file %s",
  async (_where, prepare) => {
    const home = join(scratchHome(), "clusters", "lab", "volumes", "ws-ada", "home");
    mkdirSync(home, { recursive: true });
    prepare(home);
    const served = await cluster(() => ({}));
    Object.assign(served.lists, {
      "/api/v1/persistentvolumes": [volume("home", "2Mi", { hostPath: { path: "/run/guildnet/volumes/ws-ada/home" } })],
      "/api/v1/persistentvolumeclaims": [],
    });
    expect(await volumesOf("lab", served.address.kubeconfig)).toEqual([
      { namespace: "ws-ada", claim: "home", bytes: 2 * 1024 ** 2, file: {} },
    ]);
  },
);

test("a node's volumes are told with their sizes and with what their folders take on this machine", async () => {
  const home = join(scratchHome(), "clusters", "lab", "volumes", "ws-ada", "home");
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "big"), Buffer.alloc(3 * 1024 * 1024, 1));
  const served = await cluster(() => ({}));
  Object.assign(served.lists, {
    "/api/v1/persistentvolumes": [
      volume("home", "2Mi", { hostPath: { path: "/run/guildnet/volumes/ws-ada/home" } }),
      volume("gone", "10Gi", { local: { path: "/run/guildnet/volumes/ws-ada/gone" } }),
      volume("elsewhere", "1G", { csi: { driver: "driver.longhorn.io" } }),
    ],
    "/api/v1/persistentvolumeclaims": [
      { metadata: { namespace: "ws-ada", name: "gone" }, spec: { resources: { requests: { storage: "20Gi" } } } },
    ],
  });
  const [first, ...others] = await volumesOf("lab", served.address.kubeconfig);
  expect(first).toEqual({
    namespace: "ws-ada",
    claim: "home",
    bytes: 2 * 1024 ** 2,
    usedBytes: expect.closeTo(3 * 1024 ** 2, -5),
  });
  expect(others).toEqual([
    { namespace: "ws-ada", claim: "gone", bytes: 20 * 1024 ** 3 },
    { namespace: "ws-ada", claim: "elsewhere", bytes: 1e9 },
  ]);
});

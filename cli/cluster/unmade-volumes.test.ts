import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { kubeconfigFile } from "../../provider/control.ts";
import { cluster } from "../../provider/testing/cluster.ts";
import { scratchHome } from "../../provider/testing/scratch.ts";
import { tellUnmade } from "./unmade-volumes.ts";

const helper = (action: "create" | "delete", folder: string, message?: string) => ({
  metadata: { name: `helper-pod-${action}-pvc-1` },
  spec: { containers: [{ env: [{ name: "VOL_DIR", value: `/run/guildnet/volumes/${folder}` }] }] },
  status: { containerStatuses: [{ state: { terminated: { exitCode: 1, message } } }] },
});

const looks = async (look: (clusters: readonly string[]) => Promise<void>, names: readonly string[], count = 5) => {
  for (let each = 0; each < count; each++) await look(names);
};

test("a run tells of volumes that can't be made while it waits, each once, in the words of what tried", async () => {
  scratchHome();
  const served = await cluster(() => ({}));
  mkdirSync(dirname(kubeconfigFile("it")), { recursive: true });
  writeFileSync(kubeconfigFile("it"), served.address.kubeconfig);
  served.lists["/api/v1/pods"] = [];
  const said: string[] = [];
  const look = tellUnmade((line) => said.push(line.trim()));
  await looks(look, ["it", "of-no-kubeconfig"]);
  expect(said).toEqual([]);
  served.lists["/api/v1/pods"] = [
    helper("create", "ws-ada/home", "e2fsck: x\nvolume: the disk has no room for 5192 MiB\n"),
    helper("delete", "guildnet-registry/data"),
  ];
  await looks(look, ["it"], 10);
  expect(said).toEqual([
    "The volume ws-ada/home can't be made: the disk has no room for 5192 MiB. It is tried again.",
    "The volume guildnet-registry/data can't be removed: no word why. It is tried again.",
  ]);
});

test("nothing is told of a cluster that does not answer", async () => {
  scratchHome();
  const served = await cluster(() => ({}));
  served.status = 500;
  served.lists["/api/v1/pods"] = [];
  mkdirSync(dirname(kubeconfigFile("it")), { recursive: true });
  writeFileSync(kubeconfigFile("it"), served.address.kubeconfig);
  const said: string[] = [];
  await looks(
    tellUnmade((line) => said.push(line)),
    ["it"],
  );
  expect(said).toEqual([]);
});

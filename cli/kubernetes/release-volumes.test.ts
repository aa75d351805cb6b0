import { expect, it } from "vitest";
import type { Kubectl } from "./kubectl.ts";
import { releaseVolumes } from "./release-volumes.ts";

it("has volumes go with claims that are no longer kept, once, and no other", async () => {
  const policies: Record<string, string> = { "pv-1": "Retain", "pv-2": "Delete", "pv-other": "Retain" };
  const claim = (namespace: string, volumeName?: string) => ({
    metadata: { name: "home", namespace },
    spec: { volumeName },
  });
  const kubectl: Kubectl = async (args) => {
    const [verb, kind, name = ""] = args;
    if (verb === "patch")
      policies[name] = (
        JSON.parse(args.at(-1) ?? "") as { spec: { persistentVolumeReclaimPolicy: string } }
      ).spec.persistentVolumeReclaimPolicy;
    if (kind === "persistentvolumeclaims") {
      expect(args).toContain("guildnet.io/data=disposable");
      return JSON.stringify({ items: [claim("ws-ada", "pv-1"), claim("ws-bob", "pv-2"), claim("ws-eve")] });
    }
    return JSON.stringify({
      items: Object.entries(policies).map(([each, persistentVolumeReclaimPolicy]) => ({
        metadata: { name: each },
        spec: { persistentVolumeReclaimPolicy },
      })),
    });
  };
  expect(await releaseVolumes(kubectl)).toEqual(["ws-ada/home"]);
  expect(policies).toEqual({ "pv-1": "Delete", "pv-2": "Delete", "pv-other": "Retain" });
  expect(await releaseVolumes(kubectl)).toEqual([]);
});

import { expect, it } from "vitest";
import { LostClusters, whileAlive } from "./lost-clusters.ts";

it.each<[string, (boolean | undefined)[], number[]]>([
  ["that ends by itself is lost, and told once", [true, ...Array.from({ length: 12 }, () => false)], [5]],
  ["that was stopped all the time is not: the run is about to start it", Array.from({ length: 12 }, () => false), []],
  [
    "that somebody starts anew, or removes, is not",
    [true, false, undefined, undefined, false, false, true, false, false, false, false, undefined],
    [],
  ],
  ["that ends after it was started anew is", [true, undefined, true, false, false, false, false, false], [7]],
])("a cluster %s", async (_what, found, lost) => {
  let look = 0;
  const clusters = new LostClusters(async () => found[look]);
  const told: number[] = [];
  for (; look < found.length; look++) if ((await clusters.look(["a", "a"])).length > 0) told.push(look);
  expect(told).toEqual(lost);
});

it("a run is told of the cluster that ended, and comes to its own end", async () => {
  let looks = 0;
  let resolve: (cluster: string) => void = () => {};
  const promise = new Promise<string>((end) => (resolve = end));
  const watch = {
    clusters: () => ["a"],
    isAlive: async () => looks++ === 0,
    onLost: (cluster: string) => resolve(cluster),
    pause: 0,
  };
  const seen: (readonly string[])[] = [];
  expect(await whileAlive(promise, { ...watch, meanwhile: async (clusters) => void seen.push(clusters) })).toBe("a");
  expect(seen[0]).toEqual(["a"]);
  await expect(whileAlive(Promise.reject(new Error("failed")), watch)).rejects.toThrow("failed");
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { startApiServer, type TestApiServer } from "../../pod/testing/api-server.ts";
import { ClusterMembers } from "./members.ts";

const collection = "/api/v1/namespaces/default/configmaps";
let api: TestApiServer;
beforeAll(async () => void (api = await startApiServer()));
afterAll(() => api.close());

test("people are waited for until they are written down, and are followed from then on", async () => {
  const warnings: string[] = [];
  const members = new ClusterMembers({
    kubeConfig: api.kubeConfig,
    warn: (message) => void warnings.push(message),
    retryMs: 5,
  });
  const reading = members.read();
  await expect.poll(() => warnings[0]).toBe("people not readable yet");
  const write = (handles: string): void =>
    api.put(collection, { metadata: { name: "people", namespace: "default" }, data: { handles } } as never);
  write("ada,bob");
  expect(await reading).toEqual(new Set(["ada", "bob"]));
  const heard: ReadonlySet<string>[] = [];
  members.onChange((handles) => heard.push(handles));
  await expect.poll(() => api.watching(collection)).toBe(true);
  write("ada");
  await expect.poll(() => heard.at(-1)).toEqual(new Set(["ada"]));
  expect(api.requests.every((url) => url.includes("fieldSelector=metadata.name%3Dpeople"))).toBe(true);
  members.stop();
});

import { describe, expect, test } from "vitest";
import { cluster, pod, type Cluster } from "../testing/cluster.ts";
import { headscaleServer } from "../testing/headscale-server.ts";
import { headscaleApiKey } from "./headscale-api-key.ts";
import type { Properties } from "./resource.ts";

const silent = (): void => {};
const day = 24 * 60 * 60;
const now = (): number => Math.floor(Date.now() / 1000);

interface Key {
  prefix: string;
  expiration: { seconds: number };
}

/** A cluster whose pod has a `headscale` that keeps keys. */
async function headscale(): Promise<{ served: Cluster; keys: Key[]; inputs: Properties }> {
  const keys: Key[] = [];
  const served = await cluster(([, , verb, , argument = ""]) => {
    if (verb === "list") return { stdout: JSON.stringify(keys) };
    if (verb === "expire") keys.find(({ prefix }) => prefix === argument)!.expiration.seconds = now();
    if (verb !== "create") return { stdout: "{}" };
    keys.push({
      prefix: `key${keys.length + 1}`,
      expiration: { seconds: now() + Number.parseInt(argument) * 60 * 60 },
    });
    return { stdout: JSON.stringify(`key${keys.length}.secret`) };
  });
  return { served, keys, inputs: { ...served.address, expirationDays: 90, renewBeforeDays: 30 } };
}

describe("HeadscaleApiKey", () => {
  test("is made in the server's pod, and kept secret with what leads there", async () => {
    const { served, inputs } = await headscale();
    const { outputs, secrets } = await headscaleApiKey.create(inputs, silent);
    expect(outputs).toMatchObject({ key: "key1.secret", prefix: "key1" });
    expect(Date.parse(String(outputs.expiration)) / 1000 - now()).toBeCloseTo(90 * day, -2);
    expect(secrets).toEqual(["key", "kubeconfig"]);
    expect(served.commands).toContainEqual([
      "headscale-0",
      "headscale",
      "headscale",
      "apikeys",
      "create",
      "--expiration",
      "2160h",
      "--output",
      "json",
    ]);
    expect(await headscaleApiKey.drift(inputs, { ...inputs, ...outputs })).toBeUndefined();
  });

  test.each<[string, (keys: Key[]) => void, string]>([
    ["the server lost it", (keys) => void keys.splice(0), "the server does not know it"],
    ["it was ended by hand", (keys) => void (keys[0]!.expiration.seconds = now()), "its end is "],
  ])("is replaced when %s", async (_what, happen, reason) => {
    const { keys, inputs } = await headscale();
    const { outputs } = await headscaleApiKey.create(inputs, silent);
    happen(keys);
    expect(await headscaleApiKey.drift(inputs, { ...inputs, ...outputs })).toContain(reason);
    expect(headscaleApiKey.replaceOnDrift).toEqual(["key"]);
  });

  describe("whose server's API is known", () => {
    const inDays = (days: number): string => new Date(Date.now() + days * day * 1000).toISOString();

    async function reached() {
      const { served, keys, inputs } = await headscale(),
        { server, books } = await headscaleServer();
      const api = { url: server.url, caCertificatePem: server.caCertificatePem };
      const { outputs } = await headscaleApiKey.create(inputs, silent);
      served.commands.length = 0;
      books.apiKey = String(outputs.key);
      books.apiKeys.push({ id: "1", prefix: "key1", expiration: inDays(90) });
      const wanted: Properties = { ...inputs, api };
      return {
        served,
        keys,
        books,
        wanted,
        api,
        drift: (url = api.url) => headscaleApiKey.drift({ ...wanted, api: { ...api, url } }, { ...wanted, ...outputs }),
      };
    }

    test("is asked for there, and no command runs in the pod", async () => {
      const { served, books, drift } = await reached();
      expect(await drift()).toBeUndefined();
      books.apiKeys[0]!.expiration = inDays(29);
      expect(await drift()).toBe(`its end is ${books.apiKeys[0]!.expiration}`);
      expect([served.commands, served.asked]).toEqual([[], ["/api/v1/namespaces/mesh/pods"]]);
    });

    test("and refuses it is asked in its pod for the reason", async () => {
      const { keys, books, drift } = await reached();
      books.apiKey = "another";
      keys[0]!.expiration.seconds = now();
      expect(await drift()).toContain("its end is ");
      keys.splice(0);
      expect(await drift()).toBe("the server does not know it");
    });

    test("but is not reached from here is asked in its pod", async () => {
      const { served, drift } = await reached();
      expect(await drift("https://127.0.0.1:9")).toBeUndefined();
      expect(served.commands.map((command) => command.slice(3, 5))).toEqual([["apikeys", "list"]]);
    });

    test("and answers what it cannot is no drift but an error", async () => {
      const { books, drift } = await reached();
      Object.assign(books.apiKeys[0]!, { prefix: undefined });
      await expect(drift()).rejects.toThrow();
    });
  });

  test("is known to be due without asking anybody", async () => {
    const { served, inputs } = await headscale();
    expect(
      await headscaleApiKey.drift(inputs, {
        ...inputs,
        prefix: "key1",
        expiration: new Date((now() + 29 * day) * 1000).toISOString(),
      }),
    ).toContain("its end is ");
    expect(served.commands).toEqual([]);
  });

  test("stays the same when the way to its server changes, and is replaced for another life", async () => {
    const { served, inputs } = await headscale();
    const { id, outputs } = await headscaleApiKey.create(inputs, silent);
    served.commands.length = 0;
    expect(
      await headscaleApiKey.update({ ...inputs, kubeconfig: "other" }, silent, { ...inputs, ...outputs, id }),
    ).toEqual({ id, outputs, secrets: ["key", "kubeconfig"] });
    expect(served.commands).toEqual([]);
    expect(Object.keys(inputs).filter((input) => headscaleApiKey.replaces(input))).toEqual(["expirationDays"]);
  });

  test("ends when it is deleted", async () => {
    const { keys, inputs } = await headscale();
    const { outputs } = await headscaleApiKey.create(inputs, silent);
    await headscaleApiKey.create(inputs, silent);
    await headscaleApiKey.delete({ ...inputs, ...outputs }, silent);
    expect(keys.map(({ expiration }) => expiration.seconds > now())).toEqual([false, true]);
  });

  test("is forgotten when its server is gone", async () => {
    const { served, inputs } = await headscale(),
      told: string[] = [];
    const { outputs } = await headscaleApiKey.create(inputs, silent);
    served.pods = [pod("headscale-0", { deleted: true })];
    await headscaleApiKey.delete({ ...inputs, ...outputs }, (message) => told.push(message));
    expect(told.at(-1)).toBe("the server is gone, and its API key key1 with it");
  });

  test.each<[string, Properties]>([
    ["renewBeforeDays", { renewBeforeDays: 90 }],
    ["expirationDays", { expirationDays: 3651 }],
    ["namespace", { namespace: "" }],
  ])("names %s when it is wrong", async (key, change) => {
    const { inputs } = await headscale();
    expect(headscaleApiKey.check({ ...inputs, ...change }).map(({ path }) => path[0])).toEqual([key]);
  });
});

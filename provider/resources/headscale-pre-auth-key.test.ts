import { describe, expect, test } from "vitest";
import { headscaleServer, type Books } from "../testing/headscale-server.ts";
import { headscalePreAuthKey } from "./headscale-pre-auth-key.ts";
import type { Properties } from "./resource.ts";

const silent = (): void => {};
const hour = 60 * 60 * 1000;
const inHours = (hours: number): string => new Date(Date.now() + hours * hour).toISOString();

async function routerKey(changes: Properties = {}): Promise<{ books: Books; inputs: Properties; state: Properties }> {
  const { server, books } = await headscaleServer();
  books.users.push(
    { id: "1", name: "guild", provider: "", newField: "" },
    { id: "2", name: "other", provider: "", newField: "" },
  );
  const inputs = {
    server: { ...server },
    userId: "1",
    tags: ["tag:router", "tag:server"],
    reusable: false,
    ephemeral: false,
    expirationHours: 24,
    renewWhenUsed: false,
    generation: 1,
    ...changes,
  };
  const { id, outputs } = await headscalePreAuthKey.create(inputs, silent);
  return { books, inputs, state: { ...inputs, ...outputs, id } };
}

const valid = ({ keys }: Books): string[] =>
  keys.filter(({ expiration }) => Date.parse(expiration) > Date.now()).map(({ key }) => key);

describe("HeadscalePreAuthKey", () => {
  test("is made for its user, with its tags and its end, and kept secret", async () => {
    const { books, inputs, state } = await routerKey({ ephemeral: true });
    expect(books.keys).toMatchObject([
      { userId: "1", aclTags: ["tag:router", "tag:server"], reusable: false, ephemeral: true },
    ]);
    expect(Math.abs(Date.parse(books.keys[0]!.expiration) - Date.now() - 24 * hour)).toBeLessThan(60_000);
    expect(state).toMatchObject({ key: "key-1", keyId: "1", expiration: books.keys[0]!.expiration });
    expect((await headscalePreAuthKey.create(inputs, silent)).secrets).toEqual(["key"]);
    expect(await headscalePreAuthKey.drift(inputs, state)).toBeUndefined();
  });

  test.each<[string, Properties]>([
    ["generation", { generation: 2 }],
    ["user", { userId: "2" }],
    ["tags", { tags: ["tag:router"] }],
    ["reuse", { reusable: true }],
    ["ephemerality", { ephemeral: true }],
    ["life", { expirationHours: 48 }],
  ])("gives way to another for another %s, and ends", async (_what, change) => {
    const { books, inputs, state } = await routerKey();
    const { id, outputs } = await headscalePreAuthKey.update({ ...inputs, ...change }, silent, state);
    expect({ id, ...outputs }).toMatchObject({ id: state.id, key: "key-2", keyId: "2" });
    expect(valid(books)).toEqual(["key-2"]);
  });

  test.each<[string, Properties]>([
    ["credentials", { server: {} }],
    ["renewal", { renewBeforeHours: 1 }],
    ["order of tags", { tags: ["tag:server", "tag:router", "tag:router"] }],
  ])("stays for another %s", async (_what, change) => {
    const { books, inputs, state } = await routerKey();
    const server = { ...(inputs.server as Properties), apiKey: "another.key" };
    if (change.server !== undefined) books.apiKey = server.apiKey;
    const { outputs } = await headscalePreAuthKey.update(
      { ...inputs, ...change, ...(change.server !== undefined && { server }) },
      silent,
      state,
    );
    expect(outputs).toEqual({ key: "key-1", keyId: "1", expiration: state.expiration });
    expect(valid(books)).toEqual(["key-1"]);
  });

  test("finds nothing to change in another order of tags", async () => {
    expect(headscalePreAuthKey.same("tags", ["tag:a", "tag:b"], ["tag:b", "tag:a"])).toBe(true);
    expect(headscalePreAuthKey.same("tags", ["tag:a", "tag:b"], ["tag:b"])).toBe(false);
    expect(headscalePreAuthKey.same("generation", 1, 2)).toBe(false);
  });

  test.each<[string, Properties, (books: Books) => void, string | undefined]>([
    ["that the server lost", {}, (books) => void books.keys.splice(0), "the server does not know it"],
    ["whose user the server lost", {}, (books) => void books.users.splice(0), "the server does not know it"],
    [
      "whose number is another key's",
      {},
      ({ keys }) => void (keys[0]!.key = "of a new database"),
      "the server does not know it",
    ],
    ["that was ended by hand", {}, ({ keys }) => void (keys[0]!.expiration = inHours(-1)), "it has expired"],
    ["in the last third of its life", {}, ({ keys }) => void (keys[0]!.expiration = inHours(7)), "it expires at "],
    ["with more than a third left", {}, ({ keys }) => void (keys[0]!.expiration = inHours(9)), undefined],
    [
      "with enough left for its renewal",
      { renewBeforeHours: 5 },
      ({ keys }) => void (keys[0]!.expiration = inHours(7)),
      undefined,
    ],
    ["for one node that was used", {}, ({ keys }) => void (keys[0]!.used = true), undefined],
    [
      "for one node that was used and expired",
      {},
      ({ keys }) => void Object.assign(keys[0]!, { used: true, expiration: inHours(-1) }),
      undefined,
    ],
    [
      "for one node that was used, with another to come",
      { renewWhenUsed: true },
      ({ keys }) => void (keys[0]!.used = true),
      "it was used",
    ],
    [
      "for many nodes that was used",
      { reusable: true, renewWhenUsed: true },
      ({ keys }) => void (keys[0]!.used = true),
      undefined,
    ],
    [
      "for many nodes that was used and expired",
      { reusable: true },
      ({ keys }) => void Object.assign(keys[0]!, { used: true, expiration: inHours(-1) }),
      "it has expired",
    ],
  ])("wants a renewal of a key %s, or not", async (_what, changes, happen, reason) => {
    const { books, inputs, state } = await routerKey(changes);
    happen(books);
    const drift = await headscalePreAuthKey.drift(inputs, state);
    expect(reason === undefined ? drift : drift?.startsWith(reason)).toBe(reason === undefined ? undefined : true);
  });

  test("is renewed in place, and the one before ends", async () => {
    const { books, inputs, state } = await routerKey();
    books.keys[0]!.expiration = inHours(1);
    expect((await headscalePreAuthKey.update(inputs, silent, state)).outputs).toMatchObject({ key: "key-2" });
    expect(valid(books)).toEqual(["key-2"]);
  });

  test("ends when it is deleted, once, also where the server lost it", async () => {
    const { books, state } = await routerKey();
    await headscalePreAuthKey.delete(state, silent);
    expect(valid(books)).toEqual([]);
    books.calls.length = 0;
    await headscalePreAuthKey.delete(state, silent);
    books.users.length = 0;
    await headscalePreAuthKey.delete(state, silent);
    expect(books.calls).toEqual(["GET /api/v1/preauthkey", "GET /api/v1/preauthkey"]);
  });

  test.each<[string, Properties]>([
    ["userId", { userId: "ada" }],
    ["tags", { tags: ["router"] }],
    ["tags", { tags: ["tag:Router"] }],
    ["expirationHours", { expirationHours: 0 }],
    ["renewBeforeHours", { renewBeforeHours: 24 }],
  ])("names %s when it is wrong", async (key, change) => {
    const { inputs } = await routerKey();
    expect(headscalePreAuthKey.check({ ...inputs, ...change }).map(({ path }) => path[0])).toEqual([key]);
  });
});

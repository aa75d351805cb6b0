import { describe, expect, test } from "vitest";
import { headscaleServer, type Books } from "../testing/headscale-server.ts";
import { headscaleUser } from "./headscale-user.ts";
import type { Properties } from "./resource.ts";

const silent = (): void => {};

async function ada(): Promise<{ books: Books; inputs: Properties; state: Properties }> {
  const { server, books } = await headscaleServer();
  const inputs = { server: { ...server }, name: "ada", displayName: "Ada", email: "ada@example.org" };
  const { id, outputs } = await headscaleUser.create(inputs, silent);
  return { books, inputs, state: { ...inputs, ...outputs, id } };
}

describe("HeadscaleUser", () => {
  test("is made with its details, and known by the server's number", async () => {
    const { books, inputs, state } = await ada();
    expect(books.users).toMatchObject([{ id: "1", name: "ada", displayName: "Ada", email: "ada@example.org" }]);
    expect(state.userId).toBe("1");
    expect(await headscaleUser.drift(inputs, state)).toBeUndefined();
  });

  test("takes over a user of its name, so that a run that was killed can be run again", async () => {
    const { books, inputs } = await ada();
    expect((await headscaleUser.create({ ...inputs, displayName: "Another" }, silent)).outputs).toEqual({
      userId: "1",
    });
    expect(books.users).toHaveLength(1);
  });

  test("ends the keys of a user that it takes over: nobody is left who would", async () => {
    const { books, inputs } = await ada(),
      later = new Date(Date.now() + 60_000).toISOString(),
      before = "2026-01-01T00:00:00.000Z";
    const key = { userId: "1", aclTags: [], reusable: true, ephemeral: false, used: false, createdAt: before };
    books.keys.push(
      { ...key, id: "1", key: "alive", expiration: later },
      { ...key, id: "2", key: "ended", expiration: before },
    );
    await headscaleUser.create(inputs, silent);
    expect(books.keys.map(({ expiration }) => Date.parse(expiration) <= Date.now())).toEqual([true, true]);
    expect(books.calls.filter((call) => call.endsWith("/expire"))).toHaveLength(1);
  });

  test("leaves a user of an identity provider alone, though it has the same name", async () => {
    const { server, books } = await headscaleServer();
    books.users.push({ id: "1", name: "ada", provider: "oidc", newField: "" });
    expect((await headscaleUser.create({ server: { ...server }, name: "ada" }, silent)).outputs).toEqual({
      userId: "2",
    });
  });

  test("is renamed in place", async () => {
    const { books, inputs, state } = await ada();
    const renamed = await headscaleUser.update({ ...inputs, name: "lovelace" }, silent, state);
    expect(renamed).toEqual({ id: state.id, outputs: { userId: "1" } });
    expect(books.users).toMatchObject([{ id: "1", name: "lovelace" }]);
  });

  test("is made anew for what the server cannot change, and stays the same resource", async () => {
    const { books, inputs, state } = await ada();
    const changed = { ...inputs, displayName: "Countess" };
    expect(Object.keys(inputs).filter((input) => headscaleUser.replaces(input))).toEqual([]);
    expect((await headscaleUser.update(changed, silent, state)).id).toBe(state.id);
    expect(books.users).toMatchObject([{ name: "ada", displayName: "Countess" }]);
  });

  test("keeps its details while it has nodes, which are worth more and are named", async () => {
    const { books, inputs, state } = await ada();
    books.nodes.push(
      { id: "1", name: "laptop", user: { id: "1" } },
      { id: "2", name: "phone", user: { id: "1" } },
      { id: "3", name: "other", user: { id: "2" } },
    );
    await expect(headscaleUser.update({ ...inputs, email: "a@example.org" }, silent, state)).rejects.toMatchObject({
      code: "user-has-nodes",
      message: expect.stringContaining("has 2 nodes (laptop, phone), "),
    });
    expect(books.nodes).toHaveLength(3);
  });

  test("is made again where the server lost it, and numbered anew where it has another number", async () => {
    const { books, inputs, state } = await ada();
    books.users.length = 0;
    expect(await headscaleUser.drift(inputs, state)).toBe("the server has no user of this name");
    books.users.push({ id: "7", name: "ada", provider: "", newField: "" });
    expect(await headscaleUser.drift(inputs, state)).toBe("the server's number for it is 7, no longer 1");
    expect((await headscaleUser.update(inputs, silent, state)).outputs).toEqual({ userId: "7" });
  });

  test("is deleted, once", async () => {
    const { books, state } = await ada();
    await headscaleUser.delete(state, silent);
    expect(books.users).toEqual([]);
    await expect(headscaleUser.delete(state, silent)).resolves.toBeUndefined();
  });

  test("leaves with its devices and keys, each device named, and nobody else's go", async () => {
    const { books, state } = await ada();
    books.nodes.push(
      { id: "1", name: "laptop", user: { id: "1" } },
      { id: "2", name: "phone", user: { id: "1" } },
      { id: "3", name: "other", user: { id: "2" } },
    );
    books.keys.push({
      id: "1",
      key: "alive",
      userId: "1",
      aclTags: [],
      reusable: true,
      ephemeral: false,
      used: false,
      createdAt: "2026-01-01T00:00:00.000Z",
      expiration: new Date(Date.now() + 60_000).toISOString(),
    });
    const told: string[] = [];
    await headscaleUser.delete(state, (message) => void told.push(message));
    expect(books.users).toEqual([]);
    expect(books.nodes.map(({ name }) => name)).toEqual(["other"]);
    expect(told).toEqual([
      "ada leaves the mesh, and so does the device laptop",
      "ada leaves the mesh, and so does the device phone",
    ]);
    const changes = books.calls.filter((call) => !call.startsWith("GET"));
    expect(changes.indexOf("POST /api/v1/preauthkey/expire")).toBeLessThan(changes.indexOf("DELETE /api/v1/node/1"));
  });

  test.each([
    ["a", "name"],
    ["-ada", "name"],
    ["Ada", "name"],
    ["a".repeat(64), "name"],
    ["a.b-1", undefined],
  ])("takes %s as a name or says why not", async (name, mistake) => {
    const { server } = await headscaleServer();
    expect(headscaleUser.check({ server: { ...server }, name })[0]?.path[0]).toBe(mistake);
  });
});

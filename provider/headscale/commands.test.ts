import { describe, expect, test } from "vitest";
import { ActionableError } from "../errors.ts";
import { createApiKey, expireApiKey, listApiKeys, whenListening, type Headscale } from "./commands.ts";

const now = Math.floor(Date.now() / 1000);
const key = (prefix: string, seconds: number): unknown => ({
  id: 1,
  prefix,
  expiration: { seconds, nanos: 5 },
  created_at: { seconds: now },
  more: true,
});

/** A program whose server has these keys; `said` are the commands it was given. */
function program(keys: unknown, created: unknown = "prefix.secret"): { headscale: Headscale; said: string[] } {
  const said: string[] = [];
  return {
    said,
    headscale: async (...args) => {
      said.push(args.join(" "));
      return JSON.stringify(args[1] === "list" ? keys : args[1] === "create" ? created : {});
    },
  };
}

describe("the headscale program", () => {
  test("lists keys by prefix and end, in Go's own JSON", async () => {
    expect(await listApiKeys(program([key("a", now)]).headscale)).toEqual([
      { prefix: "a", expiration: new Date(now * 1000) },
    ]);
    expect(await listApiKeys(program(null).headscale)).toEqual([]);
  });

  test("makes a key for some days, whose end the server tells", async () => {
    const { headscale, said } = program([key("old", now), key("prefix", now + 60)]);
    expect(await createApiKey(headscale, 90)).toEqual({
      key: "prefix.secret",
      prefix: "prefix",
      expiration: new Date((now + 60) * 1000),
    });
    expect(said).toEqual(["apikeys create --expiration 2160h --output json", "apikeys list --output json"]);
  });

  test("ends a key that still holds, and no other", async () => {
    const { headscale, said } = program([key("ended", now - 1), key("valid", now + 60)]);
    for (const prefix of ["ended", "unknown", "valid"]) await expireApiKey(headscale, prefix);
    expect(said.filter((command) => !command.includes("list"))).toEqual([
      "apikeys expire --prefix valid --output json",
    ]);
  });

  test("that prints something else is told without what it printed", async () => {
    const error: unknown = await createApiKey(program([], { apiKey: "a.secret" }).headscale, 1).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: "headscale-unintelligible" });
    expect((error as Error).message).not.toContain("secret");
    await expect(listApiKeys(async () => "ID | Prefix | a-secret")).rejects.toMatchObject({
      code: "headscale-unintelligible",
      message: expect.not.stringContaining("a-secret"),
    });
  });

  test("is tried until its server listens, and no longer", async () => {
    let tries = 0;
    const starting: Headscale = async () => {
      if (++tries < 3) throw new ActionableError("command-failed", "no socket");
      return "[]";
    };
    expect(await whenListening(starting, 10_000)).toBe(starting);
    await expect(
      whenListening(async () => {
        throw new ActionableError("command-failed", "no socket");
      }, 300),
    ).rejects.toThrow("no socket");
    await expect(whenListening(async () => "nonsense", 10_000)).rejects.toMatchObject({
      code: "headscale-unintelligible",
    });
  });
});

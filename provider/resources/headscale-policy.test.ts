import { describe, expect, test } from "vitest";
import { headscaleServer, type Books } from "../testing/headscale-server.ts";
import { headscalePolicy } from "./headscale-policy.ts";
import type { Properties } from "./resource.ts";

const silent = (): void => {};
const policy = '{ "acls": [{ "action": "accept", "src": ["*"], "dst": ["*:*"] }] }';

async function policyOf(): Promise<{ books: Books; inputs: Properties; state: Properties }> {
  const { server, books } = await headscaleServer();
  const inputs = { server: { ...server }, policy };
  const { id, outputs } = await headscalePolicy.create(inputs, silent);
  return { books, inputs, state: { ...inputs, ...outputs, id } };
}

const changesOf = ({ calls }: Books): string[] => calls.filter((call) => !call.startsWith("GET"));

describe("HeadscalePolicy", () => {
  test("is set as it is written", async () => {
    const { books, inputs, state } = await policyOf();
    expect(books.policy).toBe(policy);
    expect(await headscalePolicy.drift(inputs, state)).toBeUndefined();
  });

  test("is set again for other words, and not for the same in another layout", async () => {
    const { books, inputs, state } = await policyOf();
    expect(headscalePolicy.same("policy", policy, `// all\n${policy.replaceAll(" ", "")}`)).toBe(true);
    expect(headscalePolicy.same("policy", policy, '{"acls":[]}')).toBe(false);
    await headscalePolicy.update({ ...inputs, policy: `// all\n${policy}` }, silent, state);
    expect(changesOf(books)).toHaveLength(1);
    expect((await headscalePolicy.update({ ...inputs, policy: '{"acls":[]}' }, silent, state)).id).toBe(state.id);
    expect(books.policy).toBe('{"acls":[]}');
  });

  test.each<[string, string | undefined, string | undefined]>([
    ["none", undefined, "the server has no policy"],
    ["another", '{"acls":[]}', "the server has another policy"],
    ["no HuJSON", "acls:", "the server has another policy"],
    ["the same, laid out anew", `${policy}\n// by hand`, undefined],
  ])("is set right where the server has %s", async (_what, found, reason) => {
    const { books, inputs, state } = await policyOf();
    books.policy = found;
    expect(await headscalePolicy.drift(inputs, state)).toBe(reason);
  });

  test("stays in force when it is deleted", async () => {
    const { books, state } = await policyOf();
    books.calls.length = 0;
    await headscalePolicy.delete(state, silent);
    expect(books).toMatchObject({ policy, calls: [] });
  });

  test("says which setting is wrong where the server reads a file", async () => {
    const { books, inputs, state } = await policyOf();
    books.policyMode = "file";
    await expect(headscalePolicy.update({ ...inputs, policy: "{}" }, silent, state)).rejects.toMatchObject({
      code: "headscale-refused",
      message: expect.stringContaining("policy.mode: database"),
    });
  });

  test.each([
    ["{", "is not HuJSON: "],
    ["[]", "must be an object"],
    ["null", "must be an object"],
  ])("refuses %s before anything is applied", async (text, reason) => {
    const { inputs } = await policyOf();
    const issues = headscalePolicy.check({ ...inputs, policy: text });
    expect(issues.map(({ path }) => path)).toEqual([["policy"]]);
    expect(issues[0]?.message).toContain(reason);
  });
});

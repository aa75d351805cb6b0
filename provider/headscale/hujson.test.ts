import { describe, expect, test } from "vitest";
import { parseHuJson, isSameHuJson } from "./hujson.ts";

test("HuJSON is JSON with comments and trailing commas", () => {
  expect(parseHuJson('{\n// who\n"acls": [1, 2,], /* and */ "url": "https://a//b", }')).toEqual({
    acls: [1, 2],
    url: "https://a//b",
  });
  expect(() => parseHuJson("{acls: []}")).toThrow(SyntaxError);
});

describe("two texts", () => {
  test("say the same, however they are laid out", () => {
    expect(isSameHuJson('{"a":1,"b":{"c":[1,2]}}', '{ // first\n "b": {"c": [1, 2,]}, "a": 1 }')).toBe(true);
  });

  test.each([
    ['{"a":1}', '{"a":"1"}'],
    ['{"a":[1,2]}', '{"a":[2,1]}'],
    ['{"a":1}', '{"a":1,"b":null}'],
    ["{", "{"],
  ])("%s and %s do not", (one, other) => {
    expect(isSameHuJson(one, other)).toBe(false);
  });
});

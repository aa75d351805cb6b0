import { expect, it } from "vitest";
import { optionsEnvironment, parseOptions, splitWords } from "./options.ts";

it("compiles TypeScript unless told not to", () => {
  expect(parseOptions({})).toEqual({ typescript: true, tsconfig: undefined, nodeargs: [] });
  expect(optionsEnvironment(parseOptions({ tsconfig: "x.json" }))).toEqual({
    PULUMI_NODEJS_TYPESCRIPT: "true",
    PULUMI_NODEJS_TSCONFIG_PATH: "x.json",
  });
  expect(optionsEnvironment(parseOptions({ typescript: false }))).toEqual({});
});

it.each([{ typescript: "no" }, { tsconfig: 1 }, { nodeargs: ["--import"] }])("names the option of %j", (options) => {
  expect(() => parseOptions(options)).toThrow(Object.keys(options)[0]);
});

it.each([
  ["--import tsx", ["--import", "tsx"]],
  ["  ", []],
  [`--title="a b" 'c d' e\\ f`, ["--title=a b", "c d", "e f"]],
  [`"say \\"hi\\""`, [`say "hi"`]],
])("splits %j", (line, words) => expect(splitWords(line)).toEqual(words));

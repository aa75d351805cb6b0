import { expect, it } from "vitest";
import { instructions } from "./ollama-image.ts";

const processor = (...flags: string[]) => `processor\t: 0\nmodel name\t: avx avx2\nflags\t\t: ${flags.join(" ")}\n\n`;
const v3 = ["fpu", "abm", "movbe", "fma", "f16c", "avx", "avx2", "bmi1", "bmi2"];

it("compiles for a processor as this machine's", () =>
  expect(instructions(processor(...v3))).toEqual(["-march=x86-64-v3"]));

it.each(v3.slice(1))("compiles for any where this machine's has no %s", (lack) =>
  expect(instructions(processor(...v3.filter((flag) => flag !== lack)))).toEqual([]),
);

it("compiles for any where the kernel calls it otherwise", () =>
  expect(instructions("Features\t: fp asimd\n")).toEqual([]));

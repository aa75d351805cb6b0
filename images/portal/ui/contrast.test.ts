import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const style = readFileSync(new URL("../../pod/ui/tokens.css", import.meta.url), "utf8");
/** Least ratio of WCAG 2.2 for text (1.4.3) and for what shows the focus (1.4.11). */
const TEXT = 4.5,
  FOCUS = 3;

type Colour = readonly [number, number, number];

/** A colour of the pages by its name, in the light or the dark theme. */
function colour(name: string, dark: boolean): Colour {
  const [, both = ""] = new RegExp(`--${name}: ([^;]+);`).exec(style) ?? [];
  const all = both.match(/#[0-9a-f]{6}/g) ?? [];
  const hex = all[dark ? all.length - 1 : 0];
  if (hex === undefined) throw new Error(`there is no colour ${name}`);
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255) as unknown as Colour;
}

/** As `color-mix(in srgb, over share, under)`. */
const mixed = (over: Colour, share: number, under: Colour): Colour =>
  over.map((value, index) => value * share + (under[index] ?? 0) * (1 - share)) as unknown as Colour;

function contrast(one: Colour, other: Colour): number {
  const [bright = 0, dim = 0] = [one, other].map(luminance).sort((a, b) => b - a);
  return (bright + 0.05) / (dim + 0.05);
}

function luminance([red, green, blue]: Colour): number {
  const linear = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

test.each([false, true])("everything can be read and found, in the dark theme: %s", (dark) => {
  const of = (name: string): Colour => colour(name, dark),
    surface = of("surface"),
    page = of("page");
  const readable: [string, Colour, Colour][] = [
    ["text", of("text"), page],
    ["dim", of("dim"), page],
    ["dim on a card", of("dim"), surface],
    ["link", of("accent-strong"), surface],
    ["command", of("accent-strong"), page],
    ["button", of("on-accent"), of("accent")],
    ["disabled button", of("dim"), mixed(of("dim"), 0.16, surface)],
    ["count", of("dim"), mixed(of("dim"), 0.16, page)],
    ["page in sight", of("accent-strong"), mixed(of("accent"), 0.1, surface)],
    ["an event's time under the pointer", of("dim"), mixed(of("dim"), 0.07, surface)],
    ["avatar", of("accent-strong"), mixed(of("accent"), 0.18, surface)],
    ...["running", "starting", "stopped", "failed"].map((state): [string, Colour, Colour] => [
      state,
      of(state),
      surface,
    ]),
    ...["running", "starting", "stopped", "failed"].map((state): [string, Colour, Colour] => [
      `why ${state}`,
      of(state),
      mixed(of(state), 0.09, surface),
    ]),
  ];
  expect(readable.filter(([, text, under]) => contrast(text, under) < TEXT).map(([name]) => name)).toEqual([]);
  for (const shown of ["accent", "edge"])
    for (const under of [page, surface]) expect(contrast(of(shown), under)).toBeGreaterThanOrEqual(FOCUS);
});

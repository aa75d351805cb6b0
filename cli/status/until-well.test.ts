import { expect, it } from "vitest";
import { untilWell } from "./until-well.ts";

const well = { what: "portal", state: "1/1 ready", healthy: true, where: "" },
  ill = { what: "registry", state: "0/1 ready", healthy: false, where: "" };

/** Looks that find one thing after the other, the last of them from then on, while a clock goes by the pauses alone. */
function waiting(...sights: (typeof well)[][]) {
  const said: string[] = [];
  let time = 0,
    looks = 0;
  const options = (patience: number) => ({
    patience,
    report: (line: string) => void said.push(line),
    pause: async (milliseconds: number) => void (time += milliseconds),
    clock: () => time,
  });
  return {
    said,
    looks: () => looks,
    time: () => time,
    run: (patience: number) =>
      untilWell(async () => sights[Math.min(looks++, sights.length - 1)] ?? [], options(patience)),
  };
}

it("looks once where all is well, a warning included", async () => {
  const { run, looks, said } = waiting([well, { ...well, warning: true } as typeof well]);
  expect(await run(60_000)).toHaveLength(2);
  expect([looks(), said]).toEqual([1, []]);
});

it("waits for what is ill, and says for what", async () => {
  const { run, said } = waiting([well, ill, { ...ill, what: "headscale" }], [well, ill], [well]);
  expect(await run(60_000)).toEqual([well]);
  expect(said).toEqual(["waiting for registry, headscale", "waiting for registry"]);
});

it("gives up once its patience is over, after a last look", async () => {
  const { run, time, looks } = waiting([well, ill]);
  expect(await run(5_000)).toEqual([well, ill]);
  expect([time(), looks()]).toEqual([6_000, 4]);
});

it("looks once where it shall wait for nothing", async () => {
  const { run, looks } = waiting([ill]);
  expect(await run(0)).toEqual([ill]);
  expect(looks()).toBe(1);
});

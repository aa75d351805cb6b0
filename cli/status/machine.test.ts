import { expect, it } from "vitest";
import { report } from "./findings.ts";
import { diskFinding, volumeFinding } from "./machine.ts";

const GIB = 1024 ** 3,
  home = { namespace: "ws-ada", claim: "home", bytes: 10 * GIB };

it("warns of a disk before it is full, and of a volume over its size, without calling the stack ill", () => {
  const findings = [
    diskFinding(80 * GIB, "/g"),
    diskFinding(3.2 * GIB, "/g"),
    ...volumeFinding({ ...home, usedBytes: 12 * GIB }),
  ];
  expect(findings.every(({ healthy }) => healthy)).toBe(true);
  expect(
    report(findings)
      .split("\n")
      .map((line) => line.replaceAll(/ +/g, " ")),
  ).toEqual([
    "✔ disk /g 80.0 GiB free",
    "! disk /g 3.2 GiB free: nearly full; at 1 GiB everybody's pods are evicted",
    "! volume home ws-ada takes 12.0 GiB of its 10.0 GiB: sizes are not enforced on a folder of this machine",
  ]);
});

it("tells of a volume that is a file when it is nearly full, smaller than it was asked to be, or not there", () => {
  const file = (capacityBytes: number | undefined, usedBytes?: number) =>
    volumeFinding({ ...home, file: { capacityBytes }, usedBytes });
  expect([...file(10.1 * GIB, 9 * GIB), ...file(10.1 * GIB, 0)]).toEqual([]);
  expect(file(10 * GIB, 9.5 * GIB)).toMatchObject([
    { healthy: true, warning: true, state: "nearly full: takes 9.5 GiB of its 10.0 GiB" },
  ]);
  expect(file(5 * GIB, 1 * GIB)).toMatchObject([
    { healthy: true, warning: true, state: expect.stringContaining("has 5.0 GiB of its 10.0 GiB") },
  ]);
  expect(file(undefined)).toMatchObject([{ healthy: false, state: expect.stringContaining("could not be mounted") }]);
});

it("says nothing of a volume within its size, nor of one whose files nobody could add up", () => {
  expect([...volumeFinding({ ...home, usedBytes: 10 * GIB }), ...volumeFinding(home)]).toEqual([]);
});

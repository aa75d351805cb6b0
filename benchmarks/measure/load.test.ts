import { expect, test } from "vitest";
import { percentile, readLoad } from "./load.ts";

const said = (codes: string): string => `starting benchmark...

finished in 4.00s, 12345.67 req/s, 2.44MB/s
requests: 49382 total, 49446 started, 49382 done, 49382 succeeded, 0 failed, 0 errored, 0 timeout
status codes: ${codes}
traffic: 3.05MB (3200000) total, 1.72MB (1800000) headers (space savings 0.00%), 234.38KB (240000) data
`;

test("reads answers a second, and each one's time", () => {
  expect(
    readLoad(said("49382 2xx, 0 3xx, 0 4xx, 0 5xx"), "1700000000000000\t200\t1500\n1700000000000100\t200\t500\n"),
  ).toEqual({ perSecond: 12345.67, milliseconds: [1.5, 0.5] });
});

test.each(["49381 2xx, 0 3xx, 0 4xx, 1 5xx", "0 2xx, 0 3xx, 0 4xx, 0 5xx", "49000 2xx, 382 3xx, 0 4xx, 0 5xx"])(
  "measures nothing where the answers were %s",
  (codes) => {
    expect(() => readLoad(said(codes), "")).toThrow("not answered");
  },
);

test("finds the late ones", () => {
  const values = Array.from({ length: 100 }, (_one, index) => 100 - index);
  expect([percentile(values, 50), percentile(values, 99), percentile(values, 0)]).toEqual([51, 100, 1]);
});

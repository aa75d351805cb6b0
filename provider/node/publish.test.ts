import { execa } from "execa";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { specWith } from "../testing/node-spec.ts";
import { scratchFolder } from "../testing/scratch.ts";
import { publisher } from "./publish.ts";

const published = [
  { hostPort: 8090, nodePort: 30090 },
  { hostAddress: "192.168.1.2", hostPort: 8090, nodePort: 30443 },
];

/** Where it listens and where that leads, in order. */
function ways(settings: string): string[] {
  return [...settings.matchAll(/^ {2}bind (\S+) namespace host\n {2}server \S+ (\S+)/gm)].map(
    ([, from, to]) => `${from} → ${to}`,
  );
}

describe("what publishes ports", () => {
  test("listens on loopback alone unless asked", () => {
    expect(ways(publisher(specWith({ publish: published.slice(0, 1) })))).toEqual([
      "127.0.0.1:16443 → 127.0.0.1:6443",
      "127.0.0.1:8090 → 198.18.0.1:30090",
    ]);
  });

  test("listens at the address it is asked for, in the host's network every time", () => {
    const settings = publisher(specWith({ publish: published }));
    expect(ways(settings)).toContain("192.168.1.2:8090 → 198.18.0.1:30443");
    expect(settings.match(/^ *bind /gm)).toHaveLength(ways(settings).length);
  });

  test("tells whose a connection is where it is told to, and to the API server never", () => {
    const settings = publisher(
      specWith({
        publish: [
          { hostPort: 8090, nodePort: 30090, announceVisitors: true },
          { hostPort: 8092, nodePort: 30092 },
        ],
      }),
    );
    expect(settings.match(/^ *server .*$/gm)?.map((line) => line.trim())).toEqual([
      "server node 127.0.0.1:6443",
      "server node 198.18.0.1:30090 send-proxy",
      "server node 198.18.0.1:30092",
    ]);
  });

  test("is TCP's alone, and gives its rights up", () => {
    const settings = publisher(specWith());
    expect(settings).toContain("mode tcp");
    expect(settings).not.toMatch(/udp|quic|log |resolvers/);
    expect(settings).toMatch(/uid 65534\n +gid 65534/);
  });

  test("is understood by HAProxy", async () => {
    const file = join(scratchFolder(), "publish.cfg");
    // Its own network stands for the host's, which has a name in a node alone.
    writeFileSync(file, publisher(specWith({ publish: published })).replaceAll(" namespace host", ""));
    const { exitCode, all } = await execa("haproxy", ["-c", "-f", file], {
      all: true,
      reject: false,
      env: { PATH: `${process.env.PATH}:/usr/sbin` },
    });
    expect(all).not.toMatch(/WARNING|ALERT/);
    expect(exitCode).toBe(0);
  });
});

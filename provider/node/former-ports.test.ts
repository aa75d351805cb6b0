import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { scratchHome } from "../testing/scratch.ts";
import { presentPort, rememberPorts } from "./former-ports.ts";

it("knows where that is by now which a node published at another port", async () => {
  const folder = join(scratchHome(), "clusters", "guildnet-dev-cluster");
  expect(presentPort(8092)).toBe(8092);
  mkdirSync(folder, { recursive: true });
  for (const hostPort of [8092, 9092, 9093]) {
    const publish = [
      { hostPort: 8090, nodePort: 30090 },
      { hostPort, nodePort: 30092 },
    ];
    await rememberPorts(folder, publish);
    writeFileSync(join(folder, "spec.json"), JSON.stringify({ publish }));
  }
  expect([8092, 9092, 9093, 8090, 7].map(presentPort)).toEqual([9093, 9093, 9093, 8090, 7]);
});

import { execa } from "execa";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import * as promises from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { specWith } from "../testing/node-spec.ts";
import { scratchFolder } from "../testing/scratch.ts";
import { checkMachine, checkNetfilter, checkPorts, freeOf, portsOf } from "./machine.ts";

vi.mock("node:fs/promises", { spy: true });

async function portInUse(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("checkPorts", () => {
  test("names the port that another program has, and the key that chooses another", async () => {
    const port = await portInUse();
    const ports = [
      { key: "cluster.apiPort", address: "127.0.0.1", port: await freePort() },
      { key: "portal.port", address: "127.0.0.1", port },
    ];
    await expect(checkPorts(ports)).rejects.toMatchObject({
      code: "port-in-use",
      message: `port ${port} of 127.0.0.1 is in use by another program: free it, or set portal.port to another port`,
    });
  });

  test("takes a port that the node itself has, and no other that is in use", async () => {
    const [own, other] = [await portInUse(), await freePort()];
    const ports = [{ key: "portal.port", address: "127.0.0.1", port: own }];
    await checkPorts(ports, process.pid);
    await checkPorts([{ ...ports[0]!, address: "0.0.0.0" }], process.pid);
    const stranger = execa(
      process.execPath,
      ["-e", `require("node:net").createServer().listen(${other}, "127.0.0.1", () => console.log("listens"))`],
      { reject: false },
    );
    onTestFinished(() => void stranger.kill());
    await once(stranger.stdout, "data");
    await checkPorts([{ ...ports[0]!, port: other }], process.pid);
    await expect(checkPorts(ports, stranger.pid)).rejects.toMatchObject({ code: "port-in-use" });
  });

  test("are left out of what a node publishes where somebody else has them", async () => {
    const [taken, free] = [await portInUse(), await freePort()];
    const published = (hostPort: number) => ({
      hostAddress: "127.0.0.1",
      hostPort,
      nodePort: 30_000,
      announceVisitors: false,
    });
    expect(await freeOf([published(taken), published(free)])).toEqual([published(free)]);
  });

  test("takes free ports and leaves them free", async () => {
    const ports = [{ key: "cluster.apiPort", address: "127.0.0.1", port: await freePort() }];
    await checkPorts(ports);
    await checkPorts(ports);
  });

  test("names an address that this machine does not have", async () => {
    await expect(checkPorts([{ key: "portal.port", address: "192.0.2.1", port: 8090 }])).rejects.toThrow(
      /^port 8090 of 192\.0\.2\.1 cannot be listened on \(EADDRNOTAVAIL\)/,
    );
  });
});

test("a node's ports are the API server's on loopback and those it publishes", () => {
  expect(portsOf(specWith({ publish: [{ hostAddress: "10.0.0.1", hostPort: 8090, nodePort: 30090 }] }))).toEqual([
    { key: "cluster.apiPort", address: "127.0.0.1", port: 16443 },
    { key: "portal.port", address: "10.0.0.1", port: 8090 },
  ]);
});

describe("checkMachine", () => {
  test("says what to do without root, in one line", async () => {
    vi.spyOn(process, "getuid").mockReturnValueOnce(1000);
    const error: unknown = await checkMachine(scratchFolder()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "no-root",
      message: expect.stringMatching(/^.*run it with sudo, or use cluster\.kind: existing$/),
    });
  });

  test.runIf(process.getuid?.() === 0)("says how much disk is missing, where, and what to do", async () => {
    const folder = scratchFolder();
    vi.mocked(promises.statfs).mockResolvedValueOnce({
      ...(await promises.statfs(folder)),
      bavail: 1024 ** 2,
      bsize: 1024,
    } as never);
    const error: unknown = await checkMachine(folder).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "no-disk",
      message: `only 1.0 GiB are free at ${folder}, the cluster needs 3.0 GiB: free some, or set GUILDNET_HOME to a larger disk`,
    });
  });
});

describe("checkNetfilter", () => {
  /** Stands for the tools of a machine, one of which says no. */
  const withTool = (name: string, script: string): void => {
    const bin = scratchFolder();
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    vi.stubEnv("PATH", `${bin}${delimiter}${process.env.PATH}`);
    onTestFinished(() => void vi.unstubAllEnvs());
  };

  test("names what the kernel refuses, and the modules that it lacks", async () => {
    withTool("unshare", 'shift; exec "$@"');
    withTool("ipset", "echo 'ipset v7.22: Kernel error received: set type not supported' >&2; exit 1");
    await expect(checkNetfilter()).rejects.toMatchObject({
      code: "no-netfilter",
      message: expect.stringContaining(
        "(ipset v7.22: Kernel error received: set type not supported): load the modules ip_set_hash_ip,",
      ),
    });
  });

  test("tries each kind of rule in a network of its own", async () => {
    const asked = join(scratchFolder(), "asked");
    withTool("unshare", `echo "$1" >>${asked}; shift; exec "$@"`);
    for (const name of ["ipset", "iptables"]) withTool(name, `echo "${name} $*" | sed 's/.*-j/-j/' >>${asked}`);
    await checkNetfilter();
    expect(readFileSync(asked, "utf8").trim().split("\n")).toEqual([
      "--net",
      expect.stringMatching(/^ipset create .* hash:ip/),
      expect.stringMatching(/^ipset create .* hash:net/),
      "-j REJECT",
      "-j NFLOG --nflog-group 100",
      "-j MARK --set-xmark 0x1/0x1",
    ]);
  });
});

import { execa } from "execa";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { lock } from "proper-lockfile";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { inputs, specWith } from "../testing/node-spec.ts";
import { scratchFolder, scratchHome } from "../testing/scratch.ts";
import { readiness } from "./api.ts";
import { createCgroup } from "./cgroup.ts";
import { deleteNode, nodeHealth, prepareNode, savedSpec, startNode, stopNode, suspendNode } from "./lifecycle.ts";
import { isCurrent } from "./node-files.ts";
import { initProcess } from "./process.ts";
import type { NodeSpec } from "./spec.ts";
import { disableUnit, hasSystemd, isUnitActive, removeUnit, startUnit } from "./systemd.ts";
import { requireTools } from "./toolchain.ts";

vi.mock("./api.ts", () => ({
  readiness: vi.fn(async () => ({ ready: true })),
  grantRoles: async () => ({ ready: true }),
}));
vi.mock("./cgroup.ts", async (original) => ({
  ...(await original<object>()),
  createCgroup: vi.fn(),
  removeCgroup: async () => {},
  isDelegated: () => false,
}));
vi.mock("./machine.ts", async (original) => ({
  ...(await original<object>()),
  checkMachine: async () => {},
  checkNetfilter: async () => {},
}));
vi.mock("./shared-limits.ts", () => ({ raiseSharedLimits: () => [] }));
vi.mock("./systemd.ts", async (original) => ({
  ...(await original<object>()),
  hasSystemd: vi.fn(() => false),
  isUnitActive: vi.fn(async () => true),
  startUnit: vi.fn(),
  disableUnit: vi.fn(),
  removeUnit: vi.fn(),
}));
vi.mock("./images.ts", () => ({ bringImage: async () => {} }));
vi.mock("./toolchain.ts", () => ({ requireTools: vi.fn(async () => ({ kubernetes: "/tools/kubernetes" })) }));

/** Stands for a node's first process: says who it is, as the real one does, and waits for its end. */
const firstProcess = `#!/bin/bash
node=\${@: -2:1}
read -r stat </proc/self/stat
fields=(\${stat##*) })
printf '{"pid":%d,"startTime":%d,"bootId":"%s"}' $$ "\${fields[19]}" "$(</proc/sys/kernel/random/boot_id)" >"$node/run/init.json.new"
mv "$node/run/init.json.new" "$node/run/init.json"
exec sleep 600
`;

/** A machine whose nodes are one idle process each, and what their supervisors were told. */
function machine(): { folder: string; bin: string; controls: () => string[] } {
  const folder = join(scratchHome(), "clusters", inputs.clusterName),
    bin = scratchFolder(),
    log = join(bin, "log");
  writeFileSync(join(bin, "unshare"), firstProcess);
  writeFileSync(join(bin, "nsenter"), `#!/bin/bash\necho "\${@: -2}" >>${log}\n`);
  for (const name of ["unshare", "nsenter"]) chmodSync(join(bin, name), 0o755);
  writeFileSync(log, "");
  vi.stubEnv("PATH", `${bin}${delimiter}${process.env.PATH}`);
  onTestFinished(() => end(folder));
  return {
    folder,
    bin,
    controls: () =>
      readFileSync(log, "utf8")
        .split("\n")
        .filter((line) => line !== ""),
  };
}

function end(folder: string): void {
  const init = initProcess(folder);
  if (init !== undefined) process.kill(init, "SIGKILL");
}

vi.setConfig({ testTimeout: 30_000 });
const seconds = 1000;

const [apiPort, hostPort] = [await freePort(), await freePort()];
const portal = { hostPort, nodePort: 30090 };
const spec = (changes: Record<string, unknown> = {}): NodeSpec => specWith({ apiPort, ...changes });

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("startNode", () => {
  test("starts a node once, and finds it running the second time", async () => {
    const { folder, controls } = machine();
    const first = await startNode(spec());
    const init = initProcess(folder);
    expect(init).toBeDefined();
    expect(await startNode(spec())).toEqual(first);
    expect(initProcess(folder)).toBe(init);
    expect(controls()).toEqual([]);
    expect(savedSpec(folder)).toEqual(spec());
  });

  test("restarts what changed, and nothing else", async () => {
    const { folder, controls } = machine();
    await startNode(spec());
    const init = initProcess(folder);
    await startNode(spec({ publish: [portal] }));
    expect(controls()).toEqual(["restart publish"]);
    expect(initProcess(folder)).toBe(init);
  });

  test("restarts what pulls images when the proxy or its password changes, and forgets both with the proxy", async () => {
    const { folder, controls } = machine();
    const proxy = { https: "http://proxy.example:3128", credentials: "ada:CANARY" },
      settings = join(folder, "etc", "proxy");
    await startNode(spec());
    expect(existsSync(settings)).toBe(false);
    await startNode(spec({ proxy }));
    expect(controls()).toEqual(["restart containerd"]);
    expect([statSync(settings).mode & 0o777, statSync(join(folder, "spec.json")).mode & 0o777]).toEqual([0o600, 0o600]);
    await startNode(spec({ proxy: { ...proxy, credentials: "ada:other" } }));
    await startNode(spec({ proxy: { ...proxy, credentials: "ada:other" } }));
    expect(controls()).toEqual(["restart containerd", "restart containerd"]);
    await startNode(spec());
    expect(controls()).toHaveLength(3);
    expect(existsSync(settings)).toBe(false);
  });

  test("changes the network of a running node in place, and restarts nothing for it", async () => {
    const { folder, controls } = machine();
    await startNode(spec());
    const init = initProcess(folder);
    await startNode(spec({ lanCidr: "192.168.77.0/24" }));
    expect(controls()).toEqual(["-- /run/guildnet/run/network"]);
    expect(readFileSync(join(folder, "etc", "lan-address"), "utf8")).toBe("192.168.77.1/24\n");
    expect(initProcess(folder)).toBe(init);
  });

  test("gives a node that was started by a version without a LAN one, in place", async () => {
    const { folder, controls } = machine();
    await startNode(spec());
    const started = join(folder, "run", "services.json");
    const { network: _, ...before } = JSON.parse(readFileSync(started, "utf8")) as Record<string, string>;
    writeFileSync(started, JSON.stringify(before));
    await startNode(spec());
    expect(controls()).toEqual(["-- /run/guildnet/run/network"]);
  });

  test("cut off between writing and restarting restarts the next time", async () => {
    const { controls } = machine();
    await startNode(spec());
    const cutOff = (): never => {
      throw new Error("killed");
    };
    await expect(startNode(spec({ publish: [portal] }), cutOff)).rejects.toThrow("killed");
    expect(controls()).toEqual([]);
    await startNode(spec({ publish: [portal] }));
    expect(controls()).toEqual(["restart publish"]);
  });

  test("says of a service that does not obey which it is, and restarts it the next time", async () => {
    const { bin, controls } = machine();
    await startNode(spec());
    const nsenter = readFileSync(join(bin, "nsenter"), "utf8");
    writeFileSync(
      join(bin, "nsenter"),
      `${nsenter}case $* in *publish) echo "timeout: run: publish: (pid 7) 60s, got TERM"; exit 1;; esac\n`,
    );
    await expect(startNode(spec({ publish: [portal] }))).rejects.toMatchObject({
      code: "service-did-not-restart",
      message: expect.stringContaining(
        "publish of the cluster did not restart with its new settings (timeout: run: publish: (pid 7) 60s, got TERM): run this again",
      ),
    });
    writeFileSync(join(bin, "nsenter"), nsenter);
    await startNode(spec({ publish: [portal] }));
    expect(controls()).toEqual(["restart publish", "restart publish"]);
  });

  test("waits until the supervisor knows a new service", async () => {
    const { bin, controls } = machine(),
      known = join(bin, "known");
    await startNode(spec());
    writeFileSync(
      join(bin, "nsenter"),
      `${readFileSync(join(bin, "nsenter"), "utf8")}case $* in *publish) [ -e ${known} ] || { touch ${known}; echo "fail: publish: unable to change to service directory: supervise/ok: file does not exist"; exit 1; };; esac\n`,
    );
    await startNode(spec({ publish: [portal] }));
    expect(controls()).toEqual(["restart publish", "restart publish"]);
  });

  test("cut off after a new port was published, before that was written down, takes the port for its own the next time", async () => {
    const { folder, bin } = machine();
    const listens = `exec ${process.execPath} -e 'require("node:net").createServer().listen(${hostPort}, "127.0.0.1")'`;
    writeFileSync(join(bin, "unshare"), firstProcess.replace("exec sleep 600", listens));
    await startNode(spec());
    await vi.waitFor(async () => expect((await execa("ss", ["-Hltn"])).stdout).toContain(`127.0.0.1:${hostPort} `));
    await startNode(spec({ publish: [portal] }));
    expect(savedSpec(folder)).toEqual(spec({ publish: [portal] }));
  });

  test("starts a node anew that another version of this program furnished", async () => {
    const { folder } = machine();
    await startNode(spec());
    const before = initProcess(folder),
      started = join(folder, "run", "services.json");
    writeFileSync(
      started,
      JSON.stringify({ ...(JSON.parse(readFileSync(started, "utf8")) as object), init: "otherwise" }),
    );
    await startNode(spec());
    expect(initProcess(folder)).not.toBe(before);
  });

  test("finishes a stop that was cut off, and starts the node anew", async () => {
    const { folder } = machine();
    await startNode(spec());
    const before = initProcess(folder),
      supervise = join(folder, "services", "kubelet", "supervise");
    mkdirSync(supervise);
    // As runsv writes it: a time, a process, whether it is paused, and what is wanted.
    const status = (wanted: string): Buffer => Buffer.concat([Buffer.alloc(17), Buffer.from(wanted), Buffer.alloc(2)]);
    writeFileSync(join(supervise, "status"), status("u"));
    expect(await nodeHealth(inputs.clusterName)).toEqual({ ready: true });
    writeFileSync(join(supervise, "status"), status("d"));
    expect(await nodeHealth(inputs.clusterName)).toEqual({ ready: false, reason: "a stop of the cluster was cut off" });
    await startNode(spec());
    expect(initProcess(folder)).not.toBe(before);
  });

  test("knows a node that another version of this program started, until it has started it itself", async () => {
    const { folder } = machine();
    await startNode(spec());
    expect(isCurrent(spec())).toBe(true);
    writeFileSync(join(folder, "run", "made-of"), "otherwise");
    expect(isCurrent(spec())).toBe(false);
    await startNode(spec());
    expect(isCurrent(spec())).toBe(true);
  });

  test("waits for a start that a killed program left behind, and takes it for its own", async () => {
    const { folder, bin } = machine();
    await startNode(spec());
    await stopNode(inputs.clusterName);
    const go = join(bin, "go");
    const left = execa(
      "flock",
      [
        "--nonblock",
        join(folder, "run", "lock"),
        "bash",
        "-c",
        `until [ -e ${go} ]; do :; done; exec unshare ${folder} kubernetes`,
      ],
      { reject: false },
    );
    await vi.waitFor(async () =>
      expect(
        (await execa("flock", ["--nonblock", join(folder, "run", "lock"), "true"], { reject: false })).exitCode,
      ).toBe(1),
    );
    vi.mocked(requireTools).mockClear();
    const said: string[] = [];
    const started = startNode(spec(), (line) => said.push(line));
    // It has looked for a first process, and there is none yet, but the lock is held.
    await vi.waitFor(() => expect(requireTools).toHaveBeenCalled());
    writeFileSync(go, "");
    await started;
    const init = initProcess(folder);
    await stopNode(inputs.clusterName);
    expect((await left).exitCode).toBe(137);
    expect(init).toBeDefined();
    expect(said).toEqual([]);
  });

  test("ends a service that is no longer wanted, with all its files", async () => {
    const { folder } = machine();
    await startNode(spec());
    mkdirSync(join(folder, "services", "publish-30090"));
    writeFileSync(join(folder, "etc", "publish-30090.command"), "socat\n");
    await startNode(spec());
    expect(readdirSync(join(folder, "services"))).not.toContain("publish-30090");
    expect(readdirSync(join(folder, "etc"))).not.toContain("publish-30090.command");
  });

  test("starts a node of another version anew", async () => {
    const { folder } = machine();
    await startNode(spec());
    const before = initProcess(folder);
    await startNode(spec({ kubernetesVersion: "1.36.4" }));
    expect(initProcess(folder)).not.toBe(before);
  });

  test("starts a node anew whose programs are elsewhere now", async () => {
    const { folder } = machine();
    await startNode(spec());
    const before = initProcess(folder);
    vi.mocked(requireTools).mockResolvedValueOnce({ kubernetes: "/tools/newer" });
    await startNode(spec());
    expect(initProcess(folder)).not.toBe(before);
  });

  test("starts a node anew whose specification another version of this program wrote", async () => {
    const { folder } = machine();
    await startNode(spec());
    const before = initProcess(folder);
    writeFileSync(join(folder, "spec.json"), '{"name":"guild-test"}');
    await startNode(spec());
    expect(initProcess(folder)).not.toBe(before);
    expect(savedSpec(folder)).toEqual(spec());
  });

  test("gives up on a node that does not become ready, with the reason and the logs' place", async () => {
    const { folder } = machine();
    vi.mocked(readiness).mockImplementation(async () => {
      end(folder);
      return { ready: false, reason: "the API server does not answer: refused" };
    });
    onTestFinished(() => void vi.mocked(readiness).mockImplementation(async () => ({ ready: true })));
    await expect(startNode(spec())).rejects.toMatchObject({
      code: "node-did-not-start",
      message: expect.stringContaining(`its logs are in ${join(folder, "log")}`),
    });
  });

  test("changes nothing when a port is taken", async () => {
    const { folder } = machine();
    const server = createServer().listen(apiPort, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    await expect(startNode(spec())).rejects.toThrow(
      `port ${apiPort} of 127.0.0.1 is in use by another program: free it, or set cluster.apiPort`,
    );
    expect(existsSync(folder)).toBe(false);
    expect(readdirSync(join(folder, ".."))).toEqual([]);
  });
});

describe("stopNode", () => {
  test("ends the node and keeps its files", async () => {
    const { folder, controls } = machine();
    await startNode(spec());
    await stopNode(inputs.clusterName);
    expect(initProcess(folder)).toBeUndefined();
    expect(controls()).toEqual(["force-stop kubelet", "kube-apiserver etcd"]);
    expect(savedSpec(folder)).toEqual(spec());
    expect(await nodeHealth(inputs.clusterName)).toEqual({ ready: false, reason: "the cluster is stopped" });
  });

  test("does nothing where there is no node", async () => {
    const { folder } = machine();
    await stopNode(inputs.clusterName);
    expect(existsSync(folder)).toBe(false);
  });
});

describe("deleteNode", () => {
  /** A node with a file of a workspace's. */
  async function nodeWithData(): Promise<string> {
    const { folder } = machine();
    await startNode(spec());
    mkdirSync(join(folder, "volumes", "ws-ada"));
    writeFileSync(join(folder, "volumes", "ws-ada", "saved"), "work");
    return folder;
  }

  test("leaves nothing, not even a lock", async () => {
    const folder = await nodeWithData(),
      init = initProcess(folder);
    await deleteNode(inputs.clusterName, false);
    expect(readdirSync(join(folder, ".."))).toEqual([]);
    expect(existsSync(`/proc/${init}`)).toBe(false);
  });

  test("leaves the volumes where they are to be kept, says so, and the next node has them", async () => {
    const folder = await nodeWithData(),
      said: string[] = [];
    await deleteNode(inputs.clusterName, true, (line) => said.push(line));
    expect(readdirSync(folder)).toEqual(["volumes"]);
    expect(said.at(-1)).toBe(`kept the volumes in ${join(folder, "volumes")}`);
    await startNode(spec());
    expect(readFileSync(join(folder, "volumes", "ws-ada", "saved"), "utf8")).toBe("work");
  });

  test("keeps no volumes where there are none", async () => {
    const { folder } = machine();
    await startNode(spec());
    await deleteNode(inputs.clusterName, true);
    expect(existsSync(folder)).toBe(false);
  });

  test("finishes what another left half done", async () => {
    const folder = await nodeWithData();
    mkdirSync(join(folder, "removed", "data", "etcd"), { recursive: true });
    await deleteNode(inputs.clusterName, false);
    expect(existsSync(folder)).toBe(false);
    await expect(deleteNode(inputs.clusterName, false)).resolves.toBeUndefined();
  });
});

describe("under systemd", () => {
  /** A machine whose systemd starts a unit as the real one would. */
  function machineWithSystemd() {
    const made = machine();
    let active = false;
    vi.mocked(hasSystemd).mockReturnValue(true);
    vi.mocked(isUnitActive).mockImplementation(async () => active);
    vi.mocked(startUnit).mockImplementation(async (_name, folder) => {
      active = true;
      execa(join(folder, "run", "start"), [folder], {
        reject: false,
        cleanup: false,
        detached: true,
        stdio: "ignore",
      }).unref();
    });
    for (const mock of [disableUnit, removeUnit, startUnit]) vi.mocked(mock).mockClear();
    onTestFinished(() => void vi.mocked(hasSystemd).mockReturnValue(false));
    return made;
  }

  test("a node is a unit, which is found running the second time", async () => {
    const { folder } = machineWithSystemd();
    await startNode(spec());
    const init = initProcess(folder);
    expect(init).toBeDefined();
    await startNode(spec());
    expect(initProcess(folder)).toBe(init);
    expect(vi.mocked(startUnit).mock.calls).toEqual([[inputs.clusterName, folder]]);
    expect(readFileSync(join(folder, "etc", "environment"), "utf8")).toMatch(/^PATH="/);
  });

  test("a node has its cgroup after its start, and again after a run that found none, though systemd sweeps empty ones away meanwhile", async () => {
    machineWithSystemd();
    let isThere = false;
    vi.mocked(createCgroup).mockImplementation(async () => void (isThere = true));
    onTestFinished(() => void vi.mocked(createCgroup).mockReset());
    const start = vi.mocked(startUnit).getMockImplementation();
    vi.mocked(startUnit).mockImplementation(async (...unit) => {
      isThere = false;
      return start?.(...unit);
    });
    await startNode(spec());
    expect(isThere).toBe(true);
    isThere = false;
    await startNode(spec());
    expect(isThere).toBe(true);
  });

  test("a node that runs beside it, from an earlier version, becomes a unit", async () => {
    const { folder } = machineWithSystemd();
    vi.mocked(hasSystemd).mockReturnValue(false);
    await startNode(spec());
    const beside = initProcess(folder);
    vi.mocked(hasSystemd).mockReturnValue(true);
    await startNode(spec());
    expect(initProcess(folder)).not.toBe(beside);
    expect(startUnit).toHaveBeenCalledOnce();
  });

  test("a node that a person stops stays stopped, one that the machine stops comes back, and a deleted one leaves no unit", async () => {
    machineWithSystemd();
    await startNode(spec());
    await suspendNode(inputs.clusterName);
    expect(disableUnit).not.toHaveBeenCalled();
    expect(await nodeHealth(inputs.clusterName)).toEqual({ ready: false, reason: "the cluster is stopped" });
    await stopNode(inputs.clusterName);
    expect(disableUnit).toHaveBeenCalledWith(inputs.clusterName);
    await deleteNode(inputs.clusterName, false);
    expect(removeUnit).toHaveBeenCalledWith(inputs.clusterName);
  });

  test("certificates that are due are renewed before the machine starts the node", async () => {
    const { folder } = machine(),
      certificate = () => readFileSync(join(folder, "pki", "apiserver.crt"), "utf8");
    await startNode(spec());
    await stopNode(inputs.clusterName);
    const [before, environment] = [certificate(), readFileSync(join(folder, "etc", "environment"), "utf8")];
    await prepareNode(inputs.clusterName);
    expect(certificate()).toBe(before);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 300 * 24 * 60 * 60 * seconds });
    onTestFinished(() => void vi.useRealTimers());
    await prepareNode(inputs.clusterName);
    expect(certificate()).not.toBe(before);
    expect(readFileSync(join(folder, "etc", "environment"), "utf8")).toBe(environment);
  });

  test("preparing leaves a node to who is at work on it, and does nothing for one that is gone", async () => {
    const { folder } = machine();
    await prepareNode(inputs.clusterName);
    expect(existsSync(folder)).toBe(false);
    await startNode(spec());
    const release = await lock(folder, { realpath: false, lockfilePath: `${folder}.lock` });
    await prepareNode(inputs.clusterName);
    await release();
    expect(initProcess(folder)).toBeDefined();
  });
});

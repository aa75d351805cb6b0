import { execa } from "execa";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import lockfile from "proper-lockfile";
import type { MachineConfig, Patch } from "../../provider/talos/config.ts";
import { guildnetHome, type Home } from "../../toolchain/home.ts";
import { talosRootfs } from "../../toolchain/talos/rootfs.ts";
import { requireTools } from "../../toolchain/tools/require-tools.ts";
import { httpTools, nodePackages } from "../../toolchain/tools/system-packages.ts";
import { answerRegistry } from "../machine/upstream.ts";
import { cgroupsNamed, removeCgroups } from "./cgroups.ts";
import { servedImages } from "./images.ts";
import { HUB, Network } from "./network.ts";
import { Node } from "./node.ts";

const REGISTRY_PORT = 5000;
/** Of all that a lab is known by on this machine. */
export const PREFIX = "guildnet-talos-";

/** Where nodes find their images, and what machined needs to be told in a container. */
export const inLab: Patch<MachineConfig> = {
  machine: {
    registries: { mirrors: { "*": { endpoints: [`http://${HUB}:${REGISTRY_PORT}`], skipFallback: true } } },
    // This machine may have cgroups of the old version alone.
    kubelet: { extraConfig: { failCgroupV1: false } },
  },
  cluster: {
    network: { cni: { name: "custom", urls: [] } },
    // The table of connections is the whole machine's.
    proxy: {
      extraArgs: {
        "conntrack-max-per-core": "0",
        "conntrack-tcp-timeout-established": "0",
        "conntrack-tcp-timeout-close-wait": "0",
      },
    },
  },
};

/** Machines with Talos on a bridge of their own, and a registry with what they ask for. Of a name there is one at a time. */
export class Lab {
  readonly network: Network;
  readonly #name: string;
  readonly #home: Home;
  readonly #rootfs: string;
  readonly #release: () => Promise<void>;
  readonly #nodes: Node[] = [];
  #isRemoved = false;

  private constructor(name: string, home: Home, rootfs: string, release: () => Promise<void>) {
    this.#name = name;
    this.#home = home;
    this.#rootfs = rootfs;
    this.#release = release;
    this.network = new Network(`${PREFIX}${name}`, this.#run);
  }

  /** Makes what it takes, and removes what an earlier one of the name left that was killed. */
  static async start(name: string): Promise<Lab> {
    const home = guildnetHome();
    const tools = await requireTools([nodePackages, httpTools, talosRootfs], { home });
    const images = await servedImages(home);
    const lab = new Lab(
      name,
      home,
      join(tools[talosRootfs.name]?.path ?? "", "rootfs"),
      await taken(home, `${PREFIX}${name}`),
    );
    await lab.#clear();
    mkdirSync(lab.#folder, { recursive: true });
    mkdirSync(lab.#run, { recursive: true });
    await lab.network.start();
    const registry = createServer((request, response) => answerRegistry(request, response, images));
    await lab.network.serve(REGISTRY_PORT, registry);
    return lab;
  }

  /** A machine that is off, and new. @param name of a host. */
  node(name: string): Node {
    const node = new Node({
      name,
      number: this.#nodes.length + 2,
      network: this.network,
      folder: join(this.#folder, name),
      runc: join(this.#run, "runc"),
      cgroup: `${PREFIX}${this.#name}-${name}`,
      rootfs: this.#rootfs,
    });
    this.#nodes.push(node);
    return node;
  }

  /** Writes a file that is gone with the lab, and says where it is. */
  file(name: string, content: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  async remove(): Promise<void> {
    if (this.#isRemoved) return;
    this.#isRemoved = true;
    for (const node of this.#nodes) await node.remove();
    await this.#clear();
    await this.#release();
  }

  get #folder(): string {
    return join(this.#home.root, "talos", this.#name);
  }

  get #run(): string {
    return join("/run", `${PREFIX}${this.#name}`);
  }

  async #clear(): Promise<void> {
    const root = join(this.#run, "runc");
    if (existsSync(root)) {
      const { stdout } = await execa("runc", ["--root", root, "list", "--quiet"]);
      for (const id of stdout.split("\n").filter((line) => line !== ""))
        await execa("runc", ["--root", root, "delete", "--force", id]);
    }
    await this.network.remove();
    for (const cgroup of cgroupsNamed(`${PREFIX}${this.#name}-`)) removeCgroups(cgroup);
    for (const folder of [this.#folder, this.#run]) rmSync(folder, { recursive: true, force: true });
  }
}

async function taken(home: Home, name: string): Promise<() => Promise<void>> {
  mkdirSync(home.locks, { recursive: true });
  const file = join(home.locks, name);
  writeFileSync(file, "", { flag: "a" });
  return lockfile.lock(file, { stale: 15_000, realpath: false, retries: { forever: true, maxTimeout: 1_000 } });
}

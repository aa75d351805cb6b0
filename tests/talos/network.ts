import { execa, type ResultPromise } from "execa";
import { existsSync, rmSync } from "node:fs";
import { createConnection, createServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import waitFor from "p-wait-for";

/** Where everything of the outside answers nodes: images alone. */
export const HUB = "10.5.0.1";
/** Of every node's pods, by the last number of its address. */
const podNetwork = (number: number): string => `10.244.${number}.0/24`;

/** The address of the node of a number, 2 and up. */
export const addressOf = (number: number): string => `10.5.0.${number}`;

/** A bridge in a network namespace of its own, where nodes are, and ways through it that need no address on this machine. */
export class Network {
  readonly #name: string;
  /** For sockets: their paths are short. */
  readonly #folder: string;
  readonly #helpers: ResultPromise[] = [];
  readonly #servers: Server[] = [];
  readonly #numbers = new Set<number>();

  constructor(name: string, folder: string) {
    this.#name = name;
    this.#folder = folder;
  }

  get #hub(): string {
    return `${this.#name}-hub`;
  }

  /** Path of a node's namespace. */
  static pathOf(namespace: string): string {
    return join("/run/netns", namespace);
  }

  async start(): Promise<void> {
    await ip("netns", "add", this.#hub);
    const inHub = (...args: string[]): Promise<void> => ip("-n", this.#hub, ...args);
    await inHub("link", "set", "lo", "up");
    await inHub("link", "add", "bridge", "type", "bridge");
    await inHub("addr", "add", `${HUB}/24`, "dev", "bridge");
    await inHub("link", "set", "bridge", "up");
  }

  /** A node's namespace, with its address and ways to the pods of the others. It must not be there. */
  async join(number: number): Promise<string> {
    const namespace = `${this.#name}-${number}`,
      port = `node${number}`;
    await ip("netns", "add", namespace);
    const inside = (...args: string[]): Promise<void> => ip("-n", namespace, ...args);
    await inside("link", "set", "lo", "up");
    await ip("-n", this.#hub, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", namespace);
    await ip("-n", this.#hub, "link", "set", port, "master", "bridge", "up");
    await inside("addr", "add", `${addressOf(number)}/24`, "dev", "eth0");
    await inside("link", "set", "eth0", "up");
    await inside("route", "add", "default", "via", HUB);
    for (const other of this.#numbers) {
      await inside("route", "replace", podNetwork(other), "via", addressOf(other));
      await ip("-n", `${this.#name}-${other}`, "route", "replace", podNetwork(number), "via", addressOf(number));
    }
    this.#numbers.add(number);
    return namespace;
  }

  /** Ends what runs in a node's namespace, and removes it. */
  async leave(number: number): Promise<void> {
    this.#numbers.delete(number);
    await removeNamespace(`${this.#name}-${number}`);
  }

  /** How a node's pods get their addresses: Talos leaves that to whoever brings the network. */
  static cni(number: number): string {
    return JSON.stringify({
      cniVersion: "1.0.0",
      name: "guildnet",
      plugins: [
        {
          type: "bridge",
          bridge: "cni0",
          isGateway: true,
          ipMasq: true,
          hairpinMode: true,
          ipam: { type: "host-local", ranges: [[{ subnet: podNetwork(number) }]], routes: [{ dst: "0.0.0.0/0" }] },
        },
        { type: "portmap", capabilities: { portMappings: true } },
      ],
    });
  }

  /** Lets nodes connect to a server of this process, at the hub's address. */
  async serve(port: number, server: Server): Promise<void> {
    const socket = this.#socket(`serve-${port}`);
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(socket, resolve));
    this.#servers.push(server);
    await this.#carry(`TCP-LISTEN:${port},bind=${HUB},reuseaddr,fork`, `UNIX-CONNECT:${socket}`);
  }

  /** An address of this machine's loopback that leads to a port of a node: `127.0.0.1:34567`. */
  async reach(address: string, port: number): Promise<string> {
    const socket = this.#socket(`reach-${address}-${port}`);
    await this.#carry(`UNIX-LISTEN:${socket},fork`, `TCP:${address}:${port}`);
    await waitFor(() => existsSync(socket), { interval: 20, timeout: 10_000 });
    const server = createServer((near) => {
      const far = createConnection(socket);
      near.pipe(far).pipe(near);
      const end = (): void => void (near.destroy(), far.destroy());
      near.on("error", end).on("close", end);
      far.on("error", end).on("close", end);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.#servers.push(server);
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Runs a program that sees what nodes see. */
  run(command: string, ...args: string[]) {
    return execa("nsenter", [`--net=${Network.pathOf(this.#hub)}`, command, ...args]);
  }

  /** Removes all of it, and what an earlier process of the same name left. */
  async remove(): Promise<void> {
    for (const server of this.#servers.splice(0)) server.close();
    for (const namespace of await namespaces())
      if (namespace.startsWith(`${this.#name}-`)) await removeNamespace(namespace);
    await Promise.all(this.#helpers.splice(0));
    this.#numbers.clear();
  }

  async #carry(from: string, to: string): Promise<void> {
    const helper = execa("nsenter", [`--net=${Network.pathOf(this.#hub)}`, "socat", from, to], {
      reject: false,
      stdin: "ignore",
      buffer: false,
    });
    this.#helpers.push(helper);
  }

  #socket(name: string): string {
    const path = join(this.#folder, name);
    rmSync(path, { force: true });
    return path;
  }
}

async function removeNamespace(namespace: string): Promise<void> {
  if (!(await namespaces()).includes(namespace)) return;
  const { stdout } = await execa("ip", ["netns", "pids", namespace]);
  for (const pid of stdout.split("\n").filter((line) => line !== "")) kill(Number(pid));
  await ip("netns", "delete", namespace);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function namespaces(): Promise<string[]> {
  const { stdout } = await execa("ip", ["netns", "list"]);
  return stdout.split("\n").map((line) => line.split(" ")[0] ?? "");
}

async function ip(...args: string[]): Promise<void> {
  await execa("ip", args);
}

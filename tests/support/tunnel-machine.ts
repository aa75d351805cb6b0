/** A rented machine with the public end of a tunnel, frp's real server: a network namespace of its own, on the LAN of the test stack's node. */
import { execa, type ResultPromise } from "execa";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { connect } from "node:tls";
import waitFor from "p-wait-for";
import { frpServerSettings } from "../../components/tunnel/frp-settings.ts";
import { images } from "../../components/versions.ts";
import { createAuthority, issueCertificate } from "../../provider/pki/x509.ts";
import { executablePath } from "./browser.ts";
import { firstProcess } from "./node.ts";
import { programsOf } from "./programs.ts";

/** Addresses of the machine and of the node on its LAN, and the pods that come from there. */
const ADDRESS = "198.19.0.9",
  NODE = "198.19.0.1",
  PODS = "10.244.0.0/16";
const LINK = "to-tunnel";
const ports = { clients: 7000, visitors: 443 };

/** How a visitor asks. */
export interface Visit {
  /** Name that the TLS connection is made for. */
  readonly name: string;
  /** PEM of the authority that signed for it. */
  readonly ca: string;
  /** What the Host header says. @default the same name */
  readonly host?: string;
  readonly path?: string;
}

export class TunnelMachine {
  readonly address = ADDRESS;
  readonly token = randomBytes(24).toString("base64url");
  readonly caCertificatePem: string;
  readonly #folder: string;
  /** Holds the namespace while it runs. */
  readonly #holder: ResultPromise;
  #server: ResultPromise | undefined;
  readonly #connections: ResultPromise[] = [];

  static async start(folder: string): Promise<TunnelMachine> {
    await programsOf(images.frp.server, ["usr/bin/frps"], join(folder, "bin"));
    const authority = await createAuthority("Tunnel test CA", 1, { dnsNames: [], ipAddresses: [ADDRESS] });
    const certificate = await issueCertificate(authority, {
      commonName: ADDRESS,
      ipAddresses: [ADDRESS],
      validityDays: 1,
    });
    const holder = execa("unshare", ["--net", "cat"], { reject: false, stdin: "pipe", stdout: "ignore" });
    const machine = new TunnelMachine(folder, holder, authority.certificatePem);
    mkdirSync(folder, { recursive: true });
    const settings = frpServerSettings({ at: { token: folder, tls: folder }, ports });
    for (const [name, content] of Object.entries({
      token: machine.token,
      "tls.crt": certificate.certificatePem,
      "tls.key": certificate.privateKeyPem,
      "frps.json": JSON.stringify(settings),
    }))
      writeFileSync(join(folder, name), content, { mode: 0o600 });
    try {
      await machine.#plugIn();
      await machine.#serve();
    } catch (error) {
      await machine.stop();
      throw error;
    }
    return machine;
  }

  private constructor(folder: string, holder: ResultPromise, caCertificatePem: string) {
    this.#folder = folder;
    this.#holder = holder;
    this.caCertificatePem = caCertificatePem;
  }

  /** Connects it with the node's LAN, by which pods reach it. */
  async #plugIn(): Promise<void> {
    const own = await execa("readlink", ["/proc/self/ns/net"]);
    // Until it has a network of its own, a link would be laid to this machine's.
    await waitFor(
      async () => {
        const theirs = await execa("readlink", [`/proc/${this.#holder.pid}/ns/net`], { reject: false });
        return theirs.exitCode === 0 && theirs.stdout !== own.stdout;
      },
      { interval: 20, timeout: 10_000 },
    );
    await inNodesNetwork(
      "ip",
      "link",
      "add",
      LINK,
      "type",
      "veth",
      "peer",
      "name",
      "eth0",
      "netns",
      String(this.#holder.pid),
    );
    await inNodesNetwork("ip", "link", "set", LINK, "master", "lan0", "up");
    for (const command of [
      ["link", "set", "lo", "up"],
      ["address", "add", `${ADDRESS}/24`, "dev", "eth0"],
      ["link", "set", "eth0", "up"],
      ["route", "add", PODS, "via", NODE],
    ])
      await execa("nsenter", this.#inside("ip", ...command));
  }

  /** Starts frp's server, and waits until it listens. */
  async #serve(): Promise<void> {
    const log = { file: join(this.#folder, "log") };
    this.#server = execa(
      "nsenter",
      this.#inside(join(this.#folder, "bin/frps"), "--config", join(this.#folder, "frps.json")),
      { reject: false, stdout: log, stderr: log },
    );
    await waitFor(
      async () => {
        const { stdout } = await execa("nsenter", this.#inside("ss", "-Hlnt"));
        return Object.values(ports).every((port) => stdout.includes(`:${port} `));
      },
      { interval: 50, timeout: 30_000 },
    );
  }

  /** As after a crash: without a word to whoever is connected. */
  async restart(): Promise<void> {
    this.#server?.kill("SIGKILL");
    await this.#server;
    await this.#serve();
  }

  /** What a visitor is answered there, at the public port. */
  visit({ name, ca, host = name, path = "/" }: Visit): Promise<{ status: number | undefined; body: string }> {
    return new Promise((resolve, reject) => {
      const call = request(
        {
          path,
          headers: { host },
          createConnection: () => connect({ socket: this.#dial(), servername: name, ca }),
        },
        (response) => {
          let body = "";
          response
            .setEncoding("utf8")
            .on("data", (part: string) => (body += part))
            .on("error", reject)
            .on("end", () => resolve({ status: response.statusCode, body }));
        },
      );
      call.on("error", reject).end();
    });
  }

  /** A program that starts a visitor's browser there, which finds the machine by a published name. */
  browser(host: string): string {
    const file = join(this.#folder, "browser");
    const rules = `--host-resolver-rules=MAP ${host} ${ADDRESS}`;
    const command = ["exec", "nsenter", ...this.#inside(executablePath, rules)].map((word) => `'${word}'`).join(" ");
    writeFileSync(file, `#!/bin/sh\n${command.replace("'exec'", "exec")} "$@"\n`, { mode: 0o700 });
    return file;
  }

  /** A visitor's connection; where there is none to be had, it ends at once. */
  #dial(): Duplex {
    const connection = execa("nsenter", this.#inside("socat", "STDIO", `TCP:${ADDRESS}:${ports.visitors}`), {
      reject: false,
      buffer: false,
      stderr: "ignore",
    });
    this.#connections.push(connection);
    return Duplex.from({ readable: connection.stdout, writable: connection.stdin });
  }

  async stop(): Promise<void> {
    for (const connection of this.#connections) {
      connection.kill();
      // What nobody read of it would be waited for.
      connection.stdout?.destroy();
    }
    this.#server?.kill();
    await Promise.all([this.#server, ...this.#connections]);
    // With the namespace goes the link.
    this.#holder.kill();
    await this.#holder;
  }

  /** Arguments of nsenter for a command on the machine. */
  #inside(...command: string[]): string[] {
    return [`--net=/proc/${this.#holder.pid}/ns/net`, "--", ...command];
  }
}

/** Runs a command of this machine's in the network of the node. */
async function inNodesNetwork(...command: string[]): Promise<void> {
  await execa("nsenter", [`--net=/proc/${firstProcess()}/root/run/node.netns`, "--", ...command]);
}

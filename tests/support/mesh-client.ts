/** Real clients of a mesh, each on a machine of its own: a network and mount namespace with an interface, routes and resolver that the client manages. */
import { execa, type ResultPromise } from "execa";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Duplex } from "node:stream";
import waitFor from "p-wait-for";

/** Where clients log in. */
export interface LoginServer {
  readonly url: string;
  readonly caCertificatePem: string;
}

interface Status {
  readonly BackendState: string;
  readonly Self: { readonly Tags?: string[] };
  readonly Peer?: Record<string, { readonly HostName: string }>;
}

const machine = join(import.meta.dirname, "mesh-machine");

/** One client; its machine knows no name but the login server's, and reaches nothing but its port, until the mesh lets it. */
export class MeshClient {
  readonly name: string;
  #server: LoginServer;
  readonly #programs: string;
  readonly #folder: string;
  readonly #processes: ResultPromise[] = [];

  /** @param programs folder with `tailscale` and `tailscaled` */
  constructor(name: string, { server, programs, folder }: { server: LoginServer; programs: string; folder: string }) {
    this.name = name;
    this.#server = server;
    this.#programs = programs;
    this.#folder = join(folder, name);
  }

  async start(): Promise<this> {
    const { hostname, port } = new URL(this.#server.url);
    const within = (path: string): string => join(this.#folder, path);
    mkdirSync(within("etc"), { recursive: true });
    writeFileSync(within("etc/hosts"), `127.0.0.1 localhost ${hostname}\n`);
    writeFileSync(within("etc/resolv.conf"), "");
    writeFileSync(within("etc/nsswitch.conf"), "hosts: files dns\n");
    writeFileSync(within("ca.crt"), this.#server.caCertificatePem);
    const daemon = [
      join(this.#programs, "tailscaled"),
      `--statedir=${within("state")}`,
      `--socket=${within("socket")}`,
      "--port=0",
      "--no-logs-no-support",
    ];
    const log = { file: within("log") };
    this.#processes.push(
      execa("unshare", ["--net", "--mount", machine, this.#folder, ...daemon], {
        reject: false,
        stdout: log,
        stderr: log,
        env: { SSL_CERT_FILE: within("ca.crt"), TS_LOGS_DIR: this.#folder },
      }),
    );
    await waitFor(async () => (await this.#tailscale("status", "--json")).exitCode === 0, {
      interval: 100,
      timeout: 30_000,
    });
    this.#leadTo(port);
    return this;
  }

  /** Lets it reach the login server at another port as well. Sockets of files know no network namespaces. */
  #leadTo(port: string): void {
    const between = join(this.#folder, `login-${port}`);
    this.#processes.push(
      execa("socat", [`UNIX-LISTEN:${between},fork`, `TCP:127.0.0.1:${port}`], {
        reject: false,
        stdio: "ignore",
      }),
      execa("nsenter", this.#inside("socat", `TCP-LISTEN:${port},bind=127.0.0.1,fork`, `UNIX-CONNECT:${between}`), {
        reject: false,
        stdio: "ignore",
      }),
    );
  }

  /** Tries for some seconds; false where the server refuses. */
  join(key: string): Promise<boolean> {
    return this.#up(`--auth-key=${key}`);
  }

  /** Does what a person is told to do once the server that it has joined at is elsewhere. */
  async follow(server: LoginServer): Promise<boolean> {
    this.#server = server;
    this.#leadTo(new URL(server.url).port);
    await this.#tailscale("down");
    return this.#up();
  }

  async #up(...more: string[]): Promise<boolean> {
    const { exitCode } = await this.#tailscale(
      "up",
      `--login-server=${this.#server.url}`,
      ...more,
      `--hostname=${this.name}`,
      "--accept-routes",
      "--netfilter-mode=off",
      "--timeout=15s",
    );
    return exitCode === 0;
  }

  /** What the mesh says this client is. */
  async tags(): Promise<string[]> {
    return (await this.#status()).Self.Tags ?? [];
  }

  /** Names of the other devices that the mesh lets it see. */
  async peers(): Promise<string[]> {
    return Object.values((await this.#status()).Peer ?? {}).map(({ HostName }) => HostName);
  }

  /** Address of a name, as its machine's programs find it; undefined where they don't. */
  async resolve(name: string): Promise<string | undefined> {
    const { stdout } = await execa("nsenter", this.#inside("getent", "ahostsv4", name), { reject: false });
    return stdout.split(/\s/)[0] || undefined;
  }

  /** Whether something takes its connections there within some seconds. */
  async reaches(host: string, port: number): Promise<boolean> {
    return (
      (
        await execa("nsenter", this.#inside("socat", "-u", "OPEN:/dev/null", `TCP:${host}:${port},connect-timeout=4`), {
          reject: false,
        })
      ).exitCode === 0
    );
  }

  /** A connection from its machine; where there is none to be had, it ends at once. */
  dial(host: string, port: number): Duplex {
    const connection = execa("nsenter", this.#inside("socat", "STDIO", `TCP:${host}:${port},connect-timeout=10`), {
      reject: false,
      buffer: false,
      stderr: "ignore",
    });
    this.#processes.push(connection);
    return Duplex.from({ readable: connection.stdout, writable: connection.stdin });
  }

  async stop(): Promise<void> {
    for (const process of this.#processes) {
      process.kill();
      // What nobody read of a connection would be waited for.
      process.stdout?.destroy();
    }
    await Promise.all(this.#processes);
  }

  /** Arguments of nsenter for a command on its machine. */
  #inside(...command: string[]): string[] {
    const pid = this.#processes[0]?.pid;
    return [`--net=/proc/${pid}/ns/net`, `--mount=/proc/${pid}/ns/mnt`, "--", ...command];
  }

  #tailscale(...args: string[]) {
    return execa(join(this.#programs, "tailscale"), [`--socket=${join(this.#folder, "socket")}`, ...args], {
      reject: false,
    });
  }

  async #status(): Promise<Status> {
    return JSON.parse((await this.#tailscale("status", "--json")).stdout) as Status;
  }
}

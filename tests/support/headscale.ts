/** A real Headscale and real clients as processes of this machine, all on its loopback. */
import { execa, type ResultPromise } from "execa";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import waitFor from "p-wait-for";
import { stringify } from "yaml";
import type { Headscale } from "../../provider/headscale/commands.ts";
import { createAuthority, issueCertificate } from "../../provider/pki/x509.ts";

export interface RunningServer {
  /** Under a name below `.localhost`. */
  readonly url: string;
  readonly caCertificatePem: string;
  /** Where clients log in: the same by address, for no resolver here knows the name. */
  readonly loginUrl: string;
  /** The server's own program, beside it. */
  readonly program: Headscale;
  /** Starts the process, with the policy where it says; waits until it listens. */
  start(policyMode: "database" | "file"): Promise<void>;
  stop(): Promise<void>;
}

/** @param folder for its data, with `bin/headscale`; a server of the same folder has the same data. */
export async function headscale(folder: string): Promise<RunningServer> {
  const [port, metrics, grpc, stun] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const authority = await createAuthority("Test CA", 1);
  const certificate = await issueCertificate(authority, {
    commonName: "headscale",
    dnsNames: ["headscale.localhost"],
    ipAddresses: ["127.0.0.1"],
    validityDays: 1,
  });
  const within = (name: string): string => join(folder, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(within("ca.crt"), authority.certificatePem);
  writeFileSync(within("tls.crt"), certificate.certificatePem);
  writeFileSync(within("tls.key"), certificate.privateKeyPem);
  writeFileSync(within("policy.json"), '{"acls":[]}');
  const loginUrl = `https://127.0.0.1:${port}`;
  const settings = {
    server_url: loginUrl,
    listen_addr: `127.0.0.1:${port}`,
    metrics_listen_addr: `127.0.0.1:${metrics}`,
    grpc_listen_addr: `127.0.0.1:${grpc}`,
    tls_cert_path: within("tls.crt"),
    tls_key_path: within("tls.key"),
    unix_socket: within("headscale.sock"),
    noise: { private_key_path: within("noise.key") },
    prefixes: { v4: "100.64.0.0/10", v6: "fd7a:115c:a1e0::/48" },
    derp: {
      urls: [],
      auto_update_enabled: false,
      server: {
        enabled: true,
        region_id: 999,
        region_code: "test",
        region_name: "Test",
        stun_listen_addr: `127.0.0.1:${stun}`,
        private_key_path: within("derp.key"),
        ipv4: "127.0.0.1",
      },
    },
    database: { type: "sqlite", sqlite: { path: within("db.sqlite") } },
    dns: { magic_dns: true, base_domain: "mesh.test", override_local_dns: false, nameservers: { global: [] } },
    disable_check_updates: true,
    logtail: { enabled: false },
  };
  const program: Headscale = async (...args) =>
    (await execa(within("bin/headscale"), ["--config", within("config.yaml"), ...args])).stdout;
  let running: ResultPromise | undefined;
  return {
    url: `https://headscale.localhost:${port}`,
    caCertificatePem: authority.certificatePem,
    loginUrl,
    program,
    async start(mode) {
      writeFileSync(
        within("config.yaml"),
        stringify({ ...settings, policy: { mode, path: mode === "file" ? within("policy.json") : "" } }),
      );
      running = execa(within("bin/headscale"), ["--config", within("config.yaml"), "serve"], {
        reject: false,
        all: true,
      });
      const server = running;
      let words: string | undefined;
      void server.then(({ all }) => (words = String(all)));
      await waitFor(
        async () => {
          if (words !== undefined) throw new Error(`headscale ended:\n${words}`);
          return !(
            await execa(within("bin/headscale"), ["--config", within("config.yaml"), "health"], { reject: false })
          ).failed;
        },
        { interval: 200, timeout: 60_000 },
      );
    },
    async stop() {
      running?.kill();
      await running;
    },
  };
}

export interface Client {
  /** Tries to join for some seconds; false where the server refuses. */
  join(server: RunningServer, key: string): Promise<boolean>;
  /** What the mesh says this client is. */
  tags(): Promise<string[]>;
  stop(): Promise<void>;
}

/** A client without an interface of its own. @param folder for its data, beside `bin` with its programs and the server's `ca.crt`. */
export function client(shared: string, name: string): Client {
  const folder = join(shared, name),
    socket = join(folder, "socket");
  mkdirSync(folder, { recursive: true });
  const daemon = execa(
    join(shared, "bin/tailscaled"),
    ["--tun=userspace-networking", `--statedir=${folder}`, `--socket=${socket}`, "--port=0", "--no-logs-no-support"],
    {
      reject: false,
      all: true,
      env: { SSL_CERT_FILE: join(shared, "ca.crt"), TS_LOGS_DIR: folder },
    },
  );
  const tailscale = (...args: string[]) =>
    execa(join(shared, "bin/tailscale"), [`--socket=${socket}`, ...args], { reject: false, all: true });
  return {
    async join({ loginUrl }, key) {
      await waitFor(async () => (await tailscale("status", "--json")).exitCode === 0, {
        interval: 100,
        timeout: 20_000,
      });
      return (
        (
          await tailscale(
            "up",
            `--login-server=${loginUrl}`,
            `--auth-key=${key}`,
            `--hostname=${name}`,
            "--accept-dns=false",
            "--timeout=10s",
          )
        ).exitCode === 0
      );
    },
    async tags() {
      return (
        (JSON.parse((await tailscale("status", "--json")).stdout) as { Self: { Tags?: string[] } }).Self.Tags ?? []
      );
    },
    async stop() {
      daemon.kill();
      await daemon;
    },
  };
}

async function freePort(): Promise<number> {
  const listening = createServer();
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  const { port } = listening.address() as AddressInfo;
  await new Promise((resolve) => listening.close(resolve));
  return port;
}

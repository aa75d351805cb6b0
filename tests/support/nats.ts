/** A real NATS server as a process of this machine, on its loopback, as a guild has it. */
import { execa, type ResultPromise } from "execa";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import waitFor from "p-wait-for";
import { GUILD_ACCOUNT, newOperator, type Operator } from "../../provider/events/claims.ts";
import type { EventServer } from "../../provider/events/server.ts";
import { createAuthority, issueCertificate } from "../../provider/pki/x509.ts";
import { serverSettings } from "../../components/events/settings.ts";

export interface RunningNats {
  readonly server: EventServer;
  operator: Operator;
  /** Starts the process on the data of a folder, and waits until it is well. */
  start(data?: string): Promise<void>;
  /** Ends it at once, in the middle of whatever it does. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** @param folder for its data, with `bin/nats-server` */
export async function nats(folder: string): Promise<RunningNats> {
  const [port, health] = [await freePort(), await freePort()];
  const within = (name: string): string => join(folder, name);
  const authority = await createAuthority("Test CA", 1);
  const certificate = await issueCertificate(authority, {
    commonName: "localhost",
    dnsNames: ["localhost"],
    validityDays: 1,
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(within("ca.crt"), authority.certificatePem);
  writeFileSync(within("tls.crt"), certificate.certificatePem);
  writeFileSync(within("tls.key"), certificate.privateKeyPem);
  let process: ResultPromise<{ reject: false; all: true }> | undefined;
  const ended = async (signal: "SIGKILL" | "SIGTERM"): Promise<void> => {
    process?.kill(signal);
    await process;
    process = undefined;
  };
  const running: RunningNats = {
    server: { url: `tls://localhost:${port}`, caCertificatePem: authority.certificatePem },
    operator: await newOperator("test"),
    async start(data = within("data")) {
      const settings = serverSettings({ ...running.operator, guildAccount: GUILD_ACCOUNT }, 64 * 1024 * 1024);
      const here = {
        host: "127.0.0.1",
        port,
        http: `127.0.0.1:${health}`,
        http_port: undefined,
        tls: { ...settings.tls, cert_file: within("tls.crt"), key_file: within("tls.key") },
        jetstream: { ...settings.jetstream, store_dir: data },
        resolver: { ...settings.resolver, dir: join(data, "accounts") },
      };
      writeFileSync(within("server.json"), JSON.stringify({ ...settings, ...here }));
      const started = execa(within("bin/nats-server"), ["--config", within("server.json"), "--name", "nats"], {
        reject: false,
        all: true,
      });
      process = started;
      let words: string | undefined;
      void started.then(({ all }) => (words = all));
      await waitFor(async () => {
        if (words !== undefined) throw new Error(`nats-server ended:\n${words}`);
        const answer = await fetch(`http://127.0.0.1:${health}/healthz`).catch(() => undefined);
        return answer?.ok === true;
      });
    },
    kill: () => ended("SIGKILL"),
    stop: () => ended("SIGTERM"),
  };
  return running;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A real image registry as a process of this machine, on its loopback. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { execa, type ResultPromise } from "execa";
import waitFor from "p-wait-for";
import { createAuthority, issueCertificate } from "../../provider/pki/x509.ts";

/** Who may push to it, and pull from it. */
export const CREDENTIALS = "guild:registry canary";
/** "registry canary" by bcrypt, at its least cost. */
const HASHED = "$2b$04$abcdefghijklmnopqrstuundaYycLMBb5i52taWfGWUkIRmLXzTGK";

export interface RunningRegistry {
  /** Name and port. */
  readonly host: string;
  readonly caCertificatePem: string;
  /** Starts the process and waits until it listens. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Loses all that it has; only while it is stopped. */
  lose(): void;
  /** Status and text of what it answers to who signed in. */
  get(path: string): Promise<{ status: number; text: string }>;
}

/** @param folder for its data, with `bin/registry`; a registry of the same folder has the same data. */
export async function imageRegistry(folder: string): Promise<RunningRegistry> {
  const port = await freePort(),
    host = `localhost:${port}`,
    within = (name: string): string => join(folder, name);
  const authority = await createAuthority("Test CA", 1);
  const certificate = await issueCertificate(authority, {
    commonName: "registry",
    dnsNames: ["localhost"],
    validityDays: 1,
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(within("tls.crt"), certificate.certificatePem);
  writeFileSync(within("tls.key"), certificate.privateKeyPem);
  writeFileSync(within("htpasswd"), `${CREDENTIALS.split(":")[0]}:${HASHED}\n`);
  writeFileSync(
    within("settings.json"),
    JSON.stringify({
      version: 0.1,
      storage: { filesystem: { rootdirectory: within("data") } },
      http: { addr: `127.0.0.1:${port}`, tls: { certificate: within("tls.crt"), key: within("tls.key") } },
      auth: { htpasswd: { realm: "test", path: within("htpasswd") } },
    }),
  );
  let running: ResultPromise | undefined;

  async function get(path: string): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const asking = request(
        `https://${host}${path}`,
        {
          ca: authority.certificatePem,
          agent: false,
          auth: CREDENTIALS,
          headers: {
            Accept: "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json",
          },
        },
        (response) => {
          let text = "";
          response
            .setEncoding("utf8")
            .on("data", (part: string) => (text += part))
            .on("error", reject)
            .on("end", () => resolve({ status: response.statusCode ?? 0, text }));
        },
      );
      asking.on("error", reject).end();
    });
  }

  return {
    host,
    caCertificatePem: authority.certificatePem,
    get,
    async start() {
      const server = execa(within("bin/registry"), ["serve", within("settings.json")], {
        reject: false,
        all: true,
        env: { OTEL_TRACES_EXPORTER: "none" },
      });
      running = server;
      let words: string | undefined;
      void server.then(({ all }) => (words = String(all)));
      await waitFor(
        async () => {
          if (words !== undefined) throw new Error(`the registry ended:\n${words}`);
          return (await get("/v2/").catch(() => undefined))?.status === 200;
        },
        { interval: 100, timeout: 60_000 },
      );
    },
    async stop() {
      running?.kill();
      await running;
    },
    lose: () => rmSync(within("data"), { recursive: true, force: true }),
  };
}

async function freePort(): Promise<number> {
  const listening = createServer();
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  const { port } = listening.address() as AddressInfo;
  await new Promise((resolve) => listening.close(resolve));
  return port;
}

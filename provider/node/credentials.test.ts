import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { parse } from "yaml";
import { inputs, specWith } from "../testing/node-spec.ts";
import { scratchFolder } from "../testing/scratch.ts";
import { areCredentialsDue, ensureCredentials } from "./credentials.ts";
import { services } from "./services.ts";

const day = 24 * 60 * 60 * 1000;
const spec = specWith();
/** What data depends on: made once, for the life of the node. */
const lasting = [
  "pki/ca.crt",
  "pki/ca.key",
  "pki/etcd-ca.crt",
  "pki/etcd-ca.key",
  "pki/front-proxy-ca.crt",
  "pki/front-proxy-ca.key",
  "pki/service-account.key",
  "pki/service-account.pub",
  "etc/encryption.yaml",
];

/** Content of every file below a folder. */
function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(files.sort().map((file) => [file.slice(folder.length + 1), readFileSync(file, "utf8")]));
}

function changed(before: Record<string, string>, after: Record<string, string>): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((file) => before[file] !== after[file])
    .sort();
}

async function made(): Promise<{ folder: string; before: Record<string, string> }> {
  const folder = scratchFolder();
  await ensureCredentials(folder, spec);
  return { folder, before: contents(folder) };
}

const certificate = (files: Record<string, string>, name: string): X509Certificate =>
  new X509Certificate(files[`pki/${name}.crt`] ?? "");

describe("credentials made the first time", () => {
  let folder: string, files: Record<string, string>, kubeconfig: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "guildnet-provider-"));
    kubeconfig = await ensureCredentials(folder, spec);
    files = contents(folder);
    return () => rmSync(folder, { recursive: true });
  });

  test("are all that the services name", () => {
    const named = Object.values(services(spec))
      .flatMap(({ command }) => command)
      .flatMap(
        (argument) =>
          /\/run\/guildnet\/((pki\/.+)|(etc\/(encryption\.yaml|.+\.kubeconfig)))$/.exec(argument)?.[1] ?? [],
      );
    expect(named.length).toBeGreaterThan(15);
    for (const file of [...named, "pki/kubelet.crt", "pki/kubelet.key"]) expect(Object.keys(files)).toContain(file);
  });

  test("show no key to others", () => {
    const secret = Object.keys(files).filter((file) => /\.key$|kubeconfig$|encryption\.yaml$/.test(file));
    expect(secret.length).toBeGreaterThan(20);
    for (const file of secret) expect([file, statSync(join(folder, file)).mode & 0o777]).toEqual([file, 0o600]);
    expect(statSync(join(folder, "pki")).mode & 0o777).toBe(0o700);
  });

  test("are signed by the authority of their kind, each with its key", () => {
    const signer = (name: string): string =>
      /^etcd$|etcd-client$/.test(name) ? "etcd-ca" : name === "front-proxy-client" ? "front-proxy-ca" : "ca";
    const leaves = Object.keys(files).flatMap((file) => /^pki\/(.+)\.issued-for$/.exec(file)?.[1] ?? []);
    expect(leaves).toHaveLength(13);
    for (const name of leaves) {
      expect([name, certificate(files, name).verify(certificate(files, signer(name)).publicKey)]).toEqual([name, true]);
      expect([
        name,
        certificate(files, name).checkPrivateKey(createPrivateKey(files[`pki/${name}.key`] ?? "")),
      ]).toEqual([name, true]);
    }
  });

  test("let the API server be reached under each of its names", () => {
    for (const name of ["localhost", "kubernetes.default.svc"])
      expect(certificate(files, "apiserver").checkHost(name)).toBe(name);
    for (const address of ["127.0.0.1", "198.18.0.1", "10.96.0.1"])
      expect(certificate(files, "apiserver").checkIP(address)).toBe(address);
  });

  test("give the kubelet a node's rights, not the administrator's", () => {
    expect(certificate(files, "user-kubelet").subject).toBe("O=system:nodes\nCN=system:node:guildnet");
    const masters = Object.keys(files).filter(
      (file) => file.endsWith(".crt") && new X509Certificate(files[file] ?? "").subject.includes("system:masters"),
    );
    expect(masters.sort()).toEqual(["pki/apiserver-kubelet-client.crt", "pki/user-admin.crt"]);
  });

  test("give the administrator a kubeconfig for this machine", () => {
    const {
      clusters: [{ cluster }],
      users: [{ user }],
    } = parse(kubeconfig) as {
      clusters: [{ cluster: Record<string, string> }];
      users: [{ user: Record<string, string> }];
    };
    const decoded = (text?: string): string => Buffer.from(text ?? "", "base64").toString();
    expect(cluster.server).toBe(`https://127.0.0.1:${spec.apiPort}`);
    expect(decoded(cluster["certificate-authority-data"])).toBe(files["pki/ca.crt"]);
    expect(
      new X509Certificate(decoded(user["client-certificate-data"])).checkPrivateKey(
        createPrivateKey(decoded(user["client-key-data"])),
      ),
    ).toBe(true);
    expect(files.kubeconfig).toBe(kubeconfig);
  });

  test("encrypt secrets with a key of 32 bytes, and read old ones that are plain", () => {
    const {
      resources: [{ resources, providers }],
    } = parse(files["etc/encryption.yaml"] ?? "") as {
      resources: [{ resources: string[]; providers: [{ secretbox: { keys: [{ secret: string }] } }, object] }];
    };
    expect(resources).toEqual(["secrets"]);
    expect(Buffer.from(providers[0].secretbox.keys[0].secret, "base64")).toHaveLength(32);
  });
});

describe("credentials made again", () => {
  test("for the same node change no byte", async () => {
    const { folder, before } = await made();
    await ensureCredentials(folder, spec);
    expect(changed(before, contents(folder))).toEqual([]);
  });

  test("for another range of Services give the API server another certificate, and nothing else", async () => {
    const { folder, before } = await made();
    await ensureCredentials(folder, specWith({ serviceCidr: "10.97.0.16/28" }));
    const after = contents(folder);
    expect(changed(before, after)).toEqual(["pki/apiserver.crt", "pki/apiserver.issued-for", "pki/apiserver.key"]);
    expect(certificate(after, "apiserver").checkIP("10.97.0.17")).toBe("10.97.0.17");
  });

  test("for another port of the API server change the administrator's kubeconfig alone", async () => {
    const { folder, before } = await made();
    await ensureCredentials(folder, specWith({ apiPort: inputs.apiPort + 1 }));
    expect(changed(before, contents(folder))).toEqual(["kubeconfig"]);
  });

  test("in the last third of their life are renewed, but for what data depends on", async () => {
    const { folder, before } = await made();
    expect(areCredentialsDue(folder)).toBe(false);
    vi.useFakeTimers({ now: Date.now() + 300 * day, toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    expect(areCredentialsDue(folder)).toBe(true);
    await ensureCredentials(folder, spec);
    expect(areCredentialsDue(folder)).toBe(false);
    const after = contents(folder);
    expect(changed(before, after).filter((file) => lasting.includes(file))).toEqual([]);
    for (const name of ["apiserver", "etcd", "user-kubelet", "user-admin"])
      expect(after[`pki/${name}.crt`]).not.toBe(before[`pki/${name}.crt`]);
    expect(after["etc/kubelet.kubeconfig"]).not.toBe(before["etc/kubelet.kubeconfig"]);
  });

  test.each(["pki/apiserver.crt", "pki/apiserver.key", "pki/apiserver.issued-for"])(
    "without %s make that pair anew",
    async (file) => {
      const { folder, before } = await made();
      rmSync(join(folder, file));
      await ensureCredentials(folder, spec);
      const after = contents(folder);
      expect(changed(before, after).filter((name) => !name.startsWith("pki/apiserver."))).toEqual([]);
      expect(certificate(after, "apiserver").checkPrivateKey(createPrivateKey(after["pki/apiserver.key"] ?? ""))).toBe(
        true,
      );
    },
  );

  test("without half an authority make it and all that it signed anew", async () => {
    const { folder, before } = await made();
    rmSync(join(folder, "pki/etcd-ca.crt"));
    await ensureCredentials(folder, spec);
    const after = contents(folder);
    for (const name of ["etcd", "apiserver-etcd-client"])
      expect(certificate(after, name).verify(certificate(after, "etcd-ca").publicKey)).toBe(true);
    expect(changed(before, after).every((file) => /etcd/.test(file))).toBe(true);
  });

  test("without the public half of the key for tokens find it again, so that tokens stay valid", async () => {
    const { folder, before } = await made();
    rmSync(join(folder, "pki/service-account.pub"));
    await ensureCredentials(folder, spec);
    expect(changed(before, contents(folder))).toEqual([]);
  });

  test("without its private half make both anew", async () => {
    const { folder } = await made();
    rmSync(join(folder, "pki/service-account.key"));
    await ensureCredentials(folder, spec);
    const after = contents(folder);
    expect(createPublicKey(after["pki/service-account.key"] ?? "").export({ type: "spki", format: "pem" })).toBe(
      after["pki/service-account.pub"],
    );
  });
});

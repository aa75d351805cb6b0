import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { acmeIssuerSpec } from "../../components/certificates/acme.ts";
import { kubectl, portalUrl, repair, trustedCertificate, tryObject } from "../support/guildnet.ts";

const registryUrl = "https://registry.guildnet-registry.svc/v2/";
const authorityFile = "/etc/containers/certs.d/registry.guildnet-registry.svc/ca.crt";
const renewed = { timeout: 240_000, interval: 2_000 };
let ca = "";

beforeAll(async () => {
  ca = trustedCertificate();
  await kubectl("rollout", "status", "--namespace", "ws-ada", "deploy/workspace", "--timeout", "90s");
});

describe("certificates of cert-manager", () => {
  test("are of the guild's authority, which alone is trusted, at the portal and at the registry", async () => {
    for (const serve of [portalCertificate, registryCertificate]) expect((await serve()).issuer).toBe("CN=GuildNet CA");
    expect(await secretCertificate("cert-manager", "guildnet-authority")).toEqual(new X509Certificate(ca));
  });

  test("are asked for in the words of cert-manager, or refused", async () => {
    const nameless = {
      apiVersion: "cert-manager.io/v1",
      kind: "Certificate",
      metadata: { name: "nameless", namespace: "default" },
      spec: { secretName: "nameless", issuerRef: { name: "guildnet", kind: "ClusterIssuer" } },
    };
    expect((await tryObject(nameless)).stderr).toContain(
      'admission webhook "webhook.cert-manager.io" denied the request',
    );
  });

  test.each([
    { provider: "rfc2136", nameserver: "192.0.2.53:53", keyName: "guild" } as const,
    { provider: "cloudflare" } as const,
  ])("could be of an ACME authority by $provider, says the API server", async (dns01) => {
    const issuer = (spec: object) => ({
      apiVersion: "cert-manager.io/v1",
      kind: "ClusterIssuer",
      metadata: { name: "acme" },
      spec,
    });
    const spec = acmeIssuerSpec({ email: "ada@example.org", dns01 }, { name: "token", key: "token" });
    expect(await tryObject(issuer(spec))).toMatchObject({ exitCode: 0 });
    expect((await tryObject(issuer({ acme: { ...spec.acme, mail: "ada@example.org" } }))).exitCode).not.toBe(0);
  });

  test("are signed again after the authority's Secret was deleted, with a refresh of it and an up", async () => {
    await kubectl("delete", "secret", "--namespace", "cert-manager", "guildnet-authority");
    await repair("certificates-authority");
    expect(await secretCertificate("cert-manager", "guildnet-authority")).toEqual(new X509Certificate(ca));
  });

  test("that are renewed are served with no pod made anew: the portal takes them, the kubelet starts what does not", async () => {
    const before = await Promise.all([portalCertificate(), registryCertificate()]);
    const pods = await Promise.all([podOf("guildnet-portal"), podOf("guildnet-registry")]);
    await Promise.all(["guildnet-portal", "guildnet-registry"].map(renew));
    const [portal, registry] = await Promise.all([
      served("guildnet-portal", portalCertificate),
      served("guildnet-registry", registryCertificate),
    ]);
    expect(portal.serialNumber).not.toBe(before[0].serialNumber);
    expect(registry.serialNumber).not.toBe(before[1].serialNumber);
    const after = await Promise.all([podOf("guildnet-portal"), podOf("guildnet-registry")]);
    expect(after.map(({ uid }) => uid)).toEqual(pods.map(({ uid }) => uid));
    expect(after[0].restarts).toEqual(pods[0].restarts);
  });
});

/** What the portal answers with, to somebody who trusts the guild alone. */
function portalCertificate(): Promise<X509Certificate> {
  const { hostname, port } = new URL(portalUrl);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: Number(port), servername: hostname, ca }, () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      if (certificate === undefined) reject(new Error("the portal showed no certificate"));
      else resolve(certificate);
    });
    socket.once("error", reject);
  });
}

/** What the registry answers with, to curl in a workspace. */
async function registryCertificate(): Promise<X509Certificate> {
  const [status, pem] = (
    await inWorkspace(
      "curl",
      "--silent",
      "--show-error",
      "--output",
      "/dev/null",
      "--cacert",
      authorityFile,
      "--write-out",
      "%{http_code} %{certs}",
      registryUrl,
    )
  ).split(/ (.*)/s);
  expect(status).toBe("401");
  return new X509Certificate(pem?.slice(pem.indexOf("-----BEGIN")) ?? "");
}

function inWorkspace(...command: string[]): Promise<string> {
  return kubectl("exec", "--namespace", "ws-ada", "deploy/workspace", "--", ...command);
}

async function secretCertificate(namespace: string, name: string): Promise<X509Certificate> {
  return new X509Certificate(
    Buffer.from(
      await kubectl("get", "secret", "--namespace", namespace, name, "--output", "jsonpath={.data.tls\\.crt}"),
      "base64",
    ),
  );
}

/** As `cmctl renew` does it. */
async function renew(namespace: string): Promise<void> {
  const { status } = JSON.parse(
    await kubectl("get", "certificate", "--namespace", namespace, "server-tls", "--output", "json"),
  ) as { status: { conditions: object[] } };
  const issuing = {
    type: "Issuing",
    status: "True",
    reason: "ManuallyTriggered",
    message: "by a test",
    lastTransitionTime: new Date().toISOString().replace(/\.\d+/, ""),
  };
  await kubectl(
    "patch",
    "certificate",
    "--namespace",
    namespace,
    "server-tls",
    "--subresource",
    "status",
    "--type",
    "merge",
    "--patch",
    JSON.stringify({ status: { conditions: [...status.conditions, issuing] } }),
  );
  await vi.waitFor(async () => {
    const now = JSON.parse(
      await kubectl("get", "certificate", "--namespace", namespace, "server-tls", "--output", "json"),
    ) as { status: { revision: number; conditions: { type: string; status: string }[] } };
    expect(now.status.revision).toBeGreaterThan(1);
    expect(now.status.conditions.filter(({ type, status: held }) => type === "Issuing" && held === "True")).toEqual([]);
  }, renewed);
}

/** Once a server answers with what cert-manager wrote last. The kubelet looks at mounted Secrets about once a minute, and where a pod was changed. */
async function served(namespace: string, serve: () => Promise<X509Certificate>): Promise<X509Certificate> {
  const { serialNumber } = await secretCertificate(namespace, "server-tls");
  return vi.waitFor(async () => {
    await kubectl(
      "annotate",
      "pods",
      "--all",
      "--namespace",
      namespace,
      "--overwrite",
      `example.org/looked-at=${Date.now()}`,
    );
    const certificate = await serve();
    expect(certificate.serialNumber).toBe(serialNumber);
    return certificate;
  }, renewed);
}

async function podOf(namespace: string): Promise<{ uid: string; restarts: number[] }> {
  const { items } = JSON.parse(await kubectl("get", "pods", "--namespace", namespace, "--output", "json")) as {
    items: { metadata: { uid: string }; status: { containerStatuses: { restartCount: number }[] } }[];
  };
  expect(items).toHaveLength(1);
  const [pod] = items;
  return {
    uid: pod?.metadata.uid ?? "",
    restarts: pod?.status.containerStatuses.map(({ restartCount }) => restartCount) ?? [],
  };
}

import * as k8s from "@pulumi/kubernetes";
import { describe, expect, test } from "vitest";
import type { PodSpec } from "../../policy/src/objects.ts";
import { restrictedViolations } from "../../policy/src/pod-security.ts";
import { Headscale } from "../mesh/headscale.ts";
import { network } from "../mesh/testing/mesh.ts";
import { Portal } from "../portal/portal.ts";
import { Registry } from "../registry/registry.ts";
import { record } from "../testing/record.ts";
import { acmeIssuerSpec } from "./acme.ts";
import type { AcmeArgs } from "./acme.ts";
import { controllerRules } from "./cert-manager-rbac.ts";
import { cainjectorSettings, controllerSettings, webhookSettings } from "./cert-manager-settings.ts";
import { Certificates } from "./certificates.ts";
import type { CertificatesArgs } from "./certificates.ts";

const authority = { certificatePem: "CA CERTIFICATE", privateKeyPem: "CA KEY" };
const acme: AcmeArgs = { email: "ada@example.org", dns01: { provider: "cloudflare" }, token: "TOKEN CANARY" };

async function made(build: (opts: { provider: k8s.Provider }) => unknown) {
  const all = await record(() => build({ provider: new k8s.Provider("outer") }));
  return (name: string) => {
    const found = all.find((resource) => resource.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };
}

const certificates = (args: Partial<CertificatesArgs> = {}) =>
  made(
    (opts) =>
      new Certificates(
        "it",
        { cluster: { kubeconfig: "kubeconfig", endpoint: "https://10.0.0.1:7443" }, authority, ...args },
        opts,
      ),
  );

interface Workload {
  template: {
    metadata: { annotations: Record<string, string> };
    spec: PodSpec & { containers: { livenessProbe?: object; args?: string[] }[] };
  };
}
type Named = Awaited<ReturnType<typeof made>>;
const workload = (named: Named, name: string) => named(name).inputs["spec"] as Workload;

describe("Certificates", () => {
  test("sign with the guild's own authority, whose key is a secret, and are asked for once the webhook answers", async () => {
    const named = await certificates();
    expect(named("it-issuer").inputs).toMatchObject({
      apiVersion: "cert-manager.io/v1",
      kind: "ClusterIssuer",
      metadata: { name: "guildnet", annotations: { "pulumi.com/waitFor": "condition=Ready" } },
      spec: { ca: { secretName: "guildnet-authority" } },
    });
    expect(named("it-authority").inputs).toMatchObject({
      type: "kubernetes.io/tls",
      stringData: { secret: { "tls.crt": "CA CERTIFICATE", "tls.key": "CA KEY" } },
    });
    expect(named("it-issuer").dependencies).toContain(named("it-answers").urn);
    for (const before of [
      "it-controller",
      "it-webhook",
      "it-cainjector",
      "it-definitions",
      "it-validation",
      "it-mutation",
    ])
      expect(named("it-answers").dependencies, before).toContain(named(before).urn);
  });

  test("need the definitions before their programs start, by release and hash, and leave them behind", async () => {
    const named = await certificates();
    expect(named("it-definitions").inputs).toMatchObject({
      source: {
        module: "github.com/cert-manager/cert-manager@v1.21.2",
        files: ["deploy/crds/*.yaml"],
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      keep: true,
    });
    for (const program of ["it-controller", "it-webhook", "it-cainjector"])
      expect(named(program).dependencies).toContain(named("it-definitions").urn);
    expect((await certificates({ definitions: "crds" }))("it-definitions").inputs).toMatchObject({ path: "crds" });
  });

  test("run as restricted as Pod Security asks, each with the settings that upstream's programs read", async () => {
    const named = await certificates();
    for (const program of ["controller", "webhook", "cainjector"]) {
      const {
        template: { spec },
      } = workload(named, `it-${program}`);
      expect(restrictedViolations(spec), program).toEqual([]);
      expect(spec.containers[0]?.args).toEqual([`--config=/etc/cert-manager/${program}.json`]);
    }
    const data = named("it-settings").inputs["data"] as Record<string, string>;
    expect(Object.keys(data).sort()).toEqual(["cainjector.json", "controller.json", "webhook.json"]);
    expect(JSON.parse(data["controller.json"] ?? "")).toEqual(controllerSettings({ acme: false }));
    expect(
      [controllerSettings({ acme: true }), webhookSettings(), cainjectorSettings()].map(({ kind }) => kind),
    ).toEqual(["ControllerConfiguration", "WebhookConfiguration", "CAInjectorConfiguration"]);
  });

  test("have no rights that a CA issuer has no use for", () => {
    const rules = (options: { acme: boolean }) =>
      controllerRules(options) as { resources: string[]; verbs: string[] }[];
    const rights = (options: { acme: boolean }) =>
      rules(options).flatMap(({ resources, verbs }) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
      );
    expect(
      rights({ acme: false }).filter((right) => /pods|services|ingresses|create orders|update challenges/.test(right)),
    ).toEqual([]);
    // Challenges by HTTP would need more: the guild has none.
    expect(
      rights({ acme: true }).filter((right) => /(create|delete|update|patch) (pods|services|ingresses)/.test(right)),
    ).toEqual([]);
    expect(rules({ acme: true }).flatMap(({ verbs }) => verbs)).not.toContain("*");
  });

  test("may change what the API server asks in cert-manager's own configurations alone", async () => {
    const named = await certificates();
    const { rules } = named("it-cainjector-role").inputs as {
      rules: { apiGroups: string[]; resourceNames?: string[]; verbs: string[] }[];
    };
    const writing = rules.filter(
      ({ apiGroups, verbs }) =>
        apiGroups.includes("admissionregistration.k8s.io") &&
        verbs.some((verb) => !["get", "list", "watch"].includes(verb)),
    );
    expect(writing.map(({ resourceNames }) => resourceNames)).toEqual([
      [(named("it-validation").inputs["metadata"] as { name: string }).name],
    ]);
    expect(named("it-mutation").inputs["metadata"]).toMatchObject({ name: writing[0]?.resourceNames?.[0] });
  });

  test("answer the API server also while the webhook is replaced, and never work twice at once", async () => {
    const named = await certificates();
    const strategies = ["it-webhook", "it-controller", "it-cainjector"].map((program) => named(program).inputs["spec"]);
    expect(strategies).toMatchObject([
      { strategy: { rollingUpdate: { maxUnavailable: 0 } } },
      { strategy: { type: "Recreate" } },
      { strategy: { type: "Recreate" } },
    ]);
  });

  test("start anew what reads other settings, and nothing else", async () => {
    const versions = async (args: Partial<CertificatesArgs>) => {
      const named = await certificates(args);
      return ["it-controller", "it-webhook"].map(
        (program) => workload(named, program).template.metadata.annotations["guildnet.io/mounted"],
      );
    };
    const [before, after] = [await versions({}), await versions({ acme })];
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).toBe(before[1]);
  });
});

describe("an ACME issuer", () => {
  test("signs for names that people open, and the guild's own authority for the rest", async () => {
    const named = await made((opts) => {
      const { own, open } = new Certificates(
        "it",
        { cluster: { kubeconfig: "k", endpoint: "https://10.0.0.1" }, authority, acme },
        opts,
      );
      expect(open.caCertificate).toBeUndefined();
      expect(own.caCertificate).toBe("CA CERTIFICATE");
    });
    expect(named("it-acme-issuer").inputs).toMatchObject({
      kind: "ClusterIssuer",
      metadata: { name: "guildnet-acme" },
    });
    expect(named("it-dns-token").inputs).toMatchObject({ stringData: { secret: { token: "TOKEN CANARY" } } });
    expect(named("it-network-to-internet").inputs).toHaveProperty("spec");
  });

  test.each([
    [
      "rfc2136",
      { provider: "rfc2136", nameserver: "192.0.2.53:53", keyName: "guild" } as const,
      {
        rfc2136: {
          nameserver: "192.0.2.53:53",
          tsigKeyName: "guild",
          tsigAlgorithm: "HMACSHA256",
          tsigSecretSecretRef: { name: "s", key: "token" },
        },
      },
    ],
    [
      "cloudflare",
      { provider: "cloudflare" } as const,
      { cloudflare: { apiTokenSecretRef: { name: "s", key: "token" } } },
    ],
  ])("proves a domain by %s", (_, dns01, solver) => {
    expect(acmeIssuerSpec({ email: "ada@example.org", dns01 }, { name: "s", key: "token" })).toEqual({
      acme: {
        email: "ada@example.org",
        server: "https://acme-v02.api.letsencrypt.org/directory",
        privateKeySecretRef: { name: "guildnet-acme-account" },
        solvers: [{ dns01: solver }],
      },
    });
  });
});

describe("a server with an issuer", () => {
  const issuer = { name: "guildnet", kind: "ClusterIssuer", caCertificate: "CA CERTIFICATE" } as const;
  const portal = (args: object) =>
    made(
      (opts) =>
        new Portal(
          "it",
          { image: "a:1", endpoint: "https://10.0.0.1:6443", people: ["ada"], admins: ["ada"], authority, ...args },
          opts,
        ),
    );
  const registry = (args: object) =>
    made(
      (opts) =>
        new Registry(
          "it",
          {
            image: "a:1",
            tokenImage: "b:1",
            address: "10.96.0.11",
            endpoint: "https://10.0.0.1:6443",
            authority,
            ...args,
          },
          opts,
        ),
    );
  const headscale = (args: object) =>
    made((opts) => new Headscale("it", { ...network, cluster: { kubeconfig: "k" }, authority, ...args }, opts));

  test("has its certificate from it, for the same names, and takes up the Secret that cert-manager writes", async () => {
    const named = await portal({ issuer });
    expect(named("it-certificate").inputs).toMatchObject({
      kind: "Certificate",
      metadata: {
        name: "server-tls",
        namespace: "guildnet-portal",
        annotations: { "pulumi.com/waitFor": "condition=Ready" },
      },
      spec: {
        secretName: "server-tls",
        issuerRef: { kind: "ClusterIssuer", name: "guildnet", group: "cert-manager.io" },
        commonName: "guildnet.localhost",
        dnsNames: ["guildnet.localhost", "*.guildnet-apps.localhost"],
        privateKey: { rotationPolicy: "Always" },
      },
    });
    expect(workload(named, "it-deployment").template.spec.volumes).toContainEqual({
      name: "tls",
      secret: { secretName: "server-tls", defaultMode: 0o440 },
    });
    expect((await registry({ issuer }))("it-certificate").inputs).toMatchObject({
      spec: { dnsNames: ["registry.guildnet-registry.svc"], ipAddresses: ["10.96.0.11"] },
    });
    expect((await headscale({ renewal: { issuer, watcherImage: "p:1" } }))("it-certificate").inputs).toMatchObject({
      kind: "Certificate",
      spec: { dnsNames: [network.hostname] },
    });
  });

  test("leaves out a subject that is too long for one", async () => {
    const host = `${"a".repeat(60)}.example.org`;
    expect((await portal({ issuer, host }))("it-certificate").inputs["spec"]).not.toHaveProperty("commonName");
  });

  test("is not told by the program when its certificate is renewed: the portal takes it, of the others the kubelet starts what does not", async () => {
    const probe = (named: Named, container = 0) =>
      workload(named, "it-deployment").template.spec.containers[container]?.livenessProbe;
    expect(probe(await registry({ issuer }))).toMatchObject({ httpGet: { path: "/certificate", port: 5002 } });
    expect(probe(await registry({}))).toMatchObject({ httpGet: { path: "/", port: "registry" } });
    const renewed = await headscale({ renewal: { issuer, watcherImage: "p:1" } });
    expect(probe(renewed)).toMatchObject({ httpGet: { path: "/certificate", port: 8082 } });
    expect(restrictedViolations(workload(renewed, "it-deployment").template.spec)).toEqual([]);
    expect(workload(renewed, "it-deployment").template.spec.containers[1]).toMatchObject({
      image: "p:1",
      command: ["node", "certificate-check.mjs"],
    });
    expect(workload(await headscale({}), "it-deployment").template.spec.containers).toHaveLength(1);
  });

  test("starts anew with another authority's certificate only where it has none of an issuer", async () => {
    const version = async (args: object) =>
      workload(await portal(args), "it-deployment").template.metadata.annotations["guildnet.io/mounted"];
    expect(await version({ issuer })).not.toBe(await version({}));
  });
});

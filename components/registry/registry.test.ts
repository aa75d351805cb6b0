import * as k8s from "@pulumi/kubernetes";
import { describe, expect, test } from "vitest";
import { record } from "../testing/record.ts";
import { Workspace } from "../workspace/workspace.ts";
import { credentialsFile, registryAttachment } from "./attachment.ts";
import { registryHost, registryIdentity } from "./identity.ts";
import { Registry } from "./registry.ts";
import type { RegistryArgs } from "./registry.ts";
import { maintenanceAt, registrySettings } from "./settings.ts";

const minutes = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

async function made(build: (opts: { provider: k8s.Provider }) => unknown) {
  const all = await record(() => build({ provider: new k8s.Provider("outer") }));
  return (name: string) => {
    const found = all.find((resource) => resource.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };
}

const registry = (args: Partial<RegistryArgs> = {}) =>
  made(
    (opts) =>
      new Registry(
        "it",
        {
          image: "example.org/registry:3",
          tokenImage: "example.org/portal:1",
          address: "10.96.0.11",
          endpoint: "https://10.0.0.1:7443",
          authority: { certificatePem: "CA CERTIFICATE", privateKeyPem: "CA KEY" },
          ...args,
        },
        opts,
      ),
  );

interface Pod {
  spec: {
    containers: Container[];
    volumes: { name: string; secret?: { items?: object[] } }[];
    automountServiceAccountToken: boolean;
  };
}
interface Container {
  name: string;
  image: string;
  args?: string[];
  env: { name: string; value: string }[];
  volumeMounts: { name: string; mountPath: string }[];
}

describe("the registry", () => {
  test("believes tokens of the signer alone, and sends clients to the address that its certificate is for", async () => {
    const named = await registry();
    expect(named("it-certificate").inputs).toMatchObject({
      dnsNames: ["registry.guildnet-registry.svc"],
      ipAddresses: ["10.96.0.11"],
    });
    expect(named("it-service").inputs["spec"]).toMatchObject({
      clusterIP: "10.96.0.11",
      ports: [{ port: 443 }, { port: 5001 }],
    });
    expect(registrySettings({ host: registryHost, address: "10.96.0.11" }).auth.token).toMatchObject({
      realm: "https://10.96.0.11:5001/token",
      service: "registry.guildnet-registry.svc",
      issuer: "guildnet",
      rootcertbundle: "/etc/guildnet/trust/tls.crt",
    });
    // Whoever has a certificate of the guild's authority could sign tokens, were that what is believed.
    expect(named("it-signer").type).toBe("guildnet:index:CertificateAuthority");
    expect(named("it-signer").inputs).not.toHaveProperty("caCertificatePem");
  });

  test("keeps the key that signs tokens, and the account, from the container that images are sent to", async () => {
    const { spec } = ((await registry())("it-deployment").inputs["spec"] as { template: Pod }).template;
    const [server, tokens] = spec.containers;
    expect(server?.volumeMounts.map(({ name }) => name).sort()).toEqual(["data", "settings", "tls", "trust"]);
    expect(tokens?.volumeMounts.map(({ name }) => name).sort()).toEqual(["api-access", "signer", "tls"]);
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(spec.volumes.find(({ name }) => name === "trust")?.secret?.items).toEqual([
      { key: "tls.crt", path: "tls.crt" },
    ]);
  });

  test("has no rights of its own in the cluster", async () => {
    const all = await record(
      () =>
        new Registry(
          "it",
          {
            image: "a:1",
            tokenImage: "b:1",
            address: "10.96.0.11",
            endpoint: "https://10.0.0.1:7443",
            authority: { certificatePem: "C", privateKeyPem: "K" },
          },
          { provider: new k8s.Provider("outer") },
        ),
    );
    expect(all.filter(({ type }) => type.includes("rbac"))).toEqual([]);
  });

  test("keeps its images unless told otherwise", async () => {
    const kept = await registry();
    expect([kept("it-namespace").retainOnDelete, kept("it-data").retainOnDelete]).toEqual([true, true]);
    const disposable = await registry({ keepData: false });
    expect([disposable("it-namespace").retainOnDelete, disposable("it-data").retainOnDelete]).toEqual([false, false]);
    for (const name of ["it-namespace", "it-data"])
      expect(disposable(name).inputs["metadata"]).toMatchObject({ labels: { "guildnet.io/data": "disposable" } });
  });

  test("starts anew with another certificate or other settings", async () => {
    const version = async (args: Partial<RegistryArgs> = {}) =>
      (
        (await registry(args))("it-deployment").inputs["spec"] as {
          template: { metadata: { annotations: Record<string, string> } };
        }
      ).template.metadata.annotations["guildnet.io/mounted"];
    expect(await version()).toMatch(/^[0-9a-f]{16}$/);
    expect(await version({ address: "10.96.0.12" })).not.toBe(await version());
    const named = await registry();
    expect(named("it-deployment").dependencies).toEqual(
      expect.arrayContaining([named("it-certificate").urn, named("it-signer").urn]),
    );
  });

  test("is guarded before it runs, and talks to the API server at its own port", async () => {
    const named = await registry();
    const guards = ["deny-all", "from-cluster", "to-dns", "to-api-server"].map((name) => named(`it-network-${name}`));
    expect(named("it-deployment").dependencies).toEqual(expect.arrayContaining(guards.map(({ urn }) => urn)));
    expect(guards.at(-1)?.inputs["spec"]).toMatchObject({
      podSelector: { matchLabels: { "app.kubernetes.io/name": "registry" } },
      egress: [{ ports: [{ port: 443 }, { port: 6443 }, { port: 7443 }] }],
    });
  });
});

describe("garbage is collected", () => {
  test.each([0, 3, 23])(
    "at %d o'clock inside of the time in which nothing is pushed, once no earlier token is valid",
    (hour) => {
      const { window, schedule, deadlineSeconds } = maintenanceAt(hour);
      const [time = "", length = ""] = window.split("+");
      const [minute = "", at = ""] = schedule.split(" ");
      expect(Number(at)).toBe(hour);
      const start = minutes(time),
        collect = hour * 60 + Number(minute),
        tokens = 5 + 1;
      expect(collect).toBeGreaterThan(start + tokens);
      // The job may start a minute late.
      expect(collect + 1 + deadlineSeconds / 60).toBeLessThan(start + Number(length));
    },
  );

  test("as the token server is told", async () => {
    const named = await registry({ maintenanceHour: 4 });
    const { template } = named("it-deployment").inputs["spec"] as { template: Pod };
    expect(template.spec.containers[1]?.env).toContainEqual({
      name: "GUILDNET_REGISTRY_MAINTENANCE",
      value: "04:00+30",
    });
    expect(named("it-collector").inputs["spec"]).toMatchObject({
      schedule: "10 4 * * *",
      timeZone: "Etc/UTC",
      concurrencyPolicy: "Forbid",
      jobTemplate: { spec: { backoffLimit: 0 } },
    });
  });

  test("in the registry's own files, of which the registry remembers nothing", async () => {
    const named = await registry();
    const settings = registrySettings({ host: registryHost, address: "10.96.0.11" });
    const {
      containers: [collector],
      volumes,
    } = (named("it-collector").inputs["spec"] as { jobTemplate: { spec: { template: Pod } } }).jobTemplate.spec.template
      .spec;
    expect(collector).toMatchObject({
      image: "example.org/portal:1",
      command: ["node", "registry-collector.mjs", settings.storage.filesystem.rootdirectory],
      volumeMounts: [{ name: "data", mountPath: settings.storage.filesystem.rootdirectory }],
    });
    expect(volumes).toMatchObject([{ name: "data" }]);
    expect(settings.storage).not.toHaveProperty("cache");
  });
});

describe("a workspace that may push", () => {
  const workspace = (environment: Record<string, string> = {}) =>
    made(
      (opts) =>
        new Workspace(
          "ada",
          {
            owner: "ada",
            image: "example.org/workspace:1",
            environment,
            attachments: [
              registryAttachment({ host: registryHost, caCertificate: "CA CERTIFICATE", identity: registryIdentity }),
            ],
          },
          opts,
        ),
    );

  test("lets the registry read its password, and nothing else of it", async () => {
    const named = await workspace();
    expect(named("ada-registry-role").inputs["rules"]).toEqual([
      { apiGroups: [""], resources: ["secrets"], resourceNames: ["registry-access"], verbs: ["get"] },
    ]);
    expect(named("ada-registry-binding").inputs["subjects"]).toEqual([
      { kind: "ServiceAccount", name: "registry", namespace: "guildnet-registry" },
    ]);
    expect(named("ada-registry-access").inputs["metadata"]).toMatchObject({
      name: "registry-access",
      namespace: "ws-ada",
    });
  });

  test("has credentials and authority where clients look for them, and the password nowhere else", async () => {
    const { template } = (await workspace())("ada-deployment").inputs["spec"] as { template: Pod };
    const [container] = template.spec.containers;
    const environment = Object.fromEntries(container?.env.map(({ name, value }) => [name, value]) ?? []);
    expect(environment).toMatchObject({
      GUILDNET_REGISTRY: "registry.guildnet-registry.svc/ada",
      REGISTRY_AUTH_FILE: "/etc/guildnet/registry/config.json",
    });
    const mounted = Object.fromEntries(container?.volumeMounts.map(({ name, mountPath }) => [name, mountPath]) ?? []);
    expect(mounted).toMatchObject({
      "registry-access": "/etc/guildnet/registry",
      "registry-authority": "/etc/containers/certs.d/registry.guildnet-registry.svc",
    });
    expect(template.spec.volumes.find(({ name }) => name === "registry-access")?.secret?.items).toEqual([
      { key: "config.json", path: "config.json" },
    ]);
    // Kubernetes takes no mount path with a colon, which a host with a port would bring.
    for (const path of Object.values(mounted)) expect(path).not.toContain(":");
  });

  test("may look for credentials elsewhere", async () => {
    const { template } = (await workspace({ DOCKER_CONFIG: "/home/guild/.docker" }))("ada-deployment").inputs[
      "spec"
    ] as { template: Pod };
    expect(template.spec.containers[0]?.env).toContainEqual({ name: "DOCKER_CONFIG", value: "/home/guild/.docker" });
  });

  test("reaches the registry and its tokens", async () => {
    expect((await workspace())("ada-network-to-registry").inputs["spec"]).toMatchObject({
      policyTypes: ["Egress"],
      egress: [
        {
          to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "guildnet-registry" } } }],
          ports: [{ port: 5000 }, { port: 5001 }],
        },
      ],
    });
  });

  test("has its credentials in the form that clients read", () => {
    const file = JSON.parse(credentialsFile("registry.example.svc", "ada", "secret")) as {
      auths: Record<string, { auth: string }>;
    };
    expect(Buffer.from(file.auths["registry.example.svc"]?.auth ?? "", "base64").toString()).toBe("ada:secret");
  });
});

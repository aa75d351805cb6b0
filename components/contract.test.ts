import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  App,
  Backup,
  BackupServer,
  BatchSpace,
  Certificates,
  ClusterDns,
  EmbeddedCluster,
  EventBus,
  eventsAttachment,
  ExistingCluster,
  ExistingHeadscale,
  ExistingOllama,
  Headscale,
  LoadBalancer,
  Longhorn,
  MeshDns,
  ModelGateway,
  modelGatewayHost,
  modelsAttachment,
  Monitoring,
  Notes,
  notesAttachment,
  Ollama,
  Portal,
  PublicTunnel,
  radicleAttachment,
  radicleHost,
  radicleIdentity,
  RadicleSeed,
  Registry,
  registryAttachment,
  registryHost,
  registryIdentity,
  s3Target,
  Scheduling,
  smallModel,
  Storage,
  SubnetRouter,
  toolsAttachment,
  tunnelIdentity,
  Workspace,
} from "./index.ts";
import { HeadscaleOnHost, TunnelServer } from "./docker.ts";
import { Tailnet } from "./tailscale.ts";
import { identityOn, joinedTo } from "./events/join.ts";
import type { EventBusAccess } from "./kube/event-access.ts";
import type { Transforms } from "./kube/transform.ts";
import { network, plainMesh } from "./mesh/testing/mesh.ts";
import { repositoryPassword } from "./backup/key.ts";
import { notesToken } from "./notes/identity.ts";
import { toolsToken } from "./portal/tools.ts";
import { record, showsInPlain } from "./testing/record.ts";
import { ideAccess } from "./workspace/ide-access.ts";

const files = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" }).filter(
  (file) => file.endsWith(".ts") && !/\.test\.ts$|(^|\/)(dist|node_modules)\//.test(file),
);

interface Case {
  component: string;
  /** Makes one under the name "it". */
  make: (provider: () => k8s.Provider, transform?: Transforms<object>) => pulumi.ComponentResource;
  /** Every child as "type name", without the prefix "it-". */
  children: string[];
  outputs: string[];
  /** Outputs that are secrets. */
  secret: string[];
  /** Text that must not be seen outside of a secret. */
  canaries: string[];
}

const core = (kind: string, name: string) => `kubernetes:core/v1:${kind} ${name}`;
const rbac = (kind: string, name: string) => `kubernetes:rbac.authorization.k8s.io/v1:${kind} ${name}`;
const policy = (name: string) => `kubernetes:networking.k8s.io/v1:NetworkPolicy network-${name}`;
const queue = (kind: string, name: string) => `kubernetes:kueue.x-k8s.io/v1beta2:${kind} ${name}`;
const metallb = (kind: string, name: string) => `kubernetes:metallb.io/v1beta1:${kind} ${name}`;
const longhorn = (kind: string, name: string) => `kubernetes:longhorn.io/v1beta2:${kind} ${name}`;
const priorityClasses = ["platform", "interactive", "batch"].map(
  (name) => `kubernetes:scheduling.k8s.io/v1:PriorityClass ${name}`,
);
const provider = "pulumi:providers:kubernetes kubernetes";

const TOOLS_KEY = Buffer.from("the key of the tools").toString("base64url");
const NOTES_KEY = Buffer.from("the key of the notes").toString("base64url");
const issued = (name: string) => `kubernetes:cert-manager.io/v1:Certificate ${name}`;
const issuer = { name: "guildnet", kind: "ClusterIssuer", caCertificate: "CA CERTIFICATE" } as const;
const guildAuthority = { certificatePem: "CA CERTIFICATE", privateKeyPem: pulumi.secret("CA KEY") };

const bus: EventBusAccess = {
  join: (place, user) => joinedTo(keeper, place, user),
  identity: (name, user, parent) => identityOn(keeper, name, user, parent),
};
const keeper = {
  server: { url: "tls://bus", caCertificatePem: "CA CERTIFICATE" },
  operator: { systemCredentials: "SYSTEM CREDENTIALS", operatorSeed: "OPERATOR SEED" },
  caCertificate: "CA CERTIFICATE",
  people: ["ada"],
  generation: 1,
};

const certificatesChildren = [
  core("Namespace", "namespace"),
  core("ConfigMap", "settings"),
  "guildnet:index:UpstreamManifest definitions",
  "guildnet:index:DryRun answers",
  ...["controller", "webhook", "cainjector"].flatMap((program) => [
    core("ServiceAccount", `${program}-account`),
    rbac("ClusterRole", `${program}-role`),
    rbac("ClusterRoleBinding", `${program}-binding`),
    `kubernetes:apps/v1:Deployment ${program}`,
  ]),
  ...["webhook", "cainjector"].flatMap((program) => [
    rbac("Role", `${program}-local-role`),
    rbac("RoleBinding", `${program}-local-binding`),
  ]),
  policy("deny-all"),
  policy("from-api-server"),
  policy("to-dns"),
  policy("to-api-server"),
  core("Service", "service"),
  ...["Validating", "Mutating"].map(
    (kind) =>
      `kubernetes:admissionregistration.k8s.io/v1:${kind}WebhookConfiguration ${kind === "Validating" ? "validation" : "mutation"}`,
  ),
  core("Secret", "authority"),
  "kubernetes:cert-manager.io/v1:ClusterIssuer issuer",
];

const radicleChildren = [
  core("Namespace", "namespace"),
  core("ServiceAccount", "account"),
  core("ConfigMap", "settings"),
  core("PersistentVolumeClaim", "data"),
  policy("deny-all"),
  policy("from-workspaces"),
  policy("to-dns"),
  policy("to-api-server"),
  "kubernetes:apps/v1:Deployment deployment",
  core("Service", "service"),
];
const registryChildren = [
  core("Namespace", "namespace"),
  "guildnet:index:CertificateAuthority signer",
  core("ServiceAccount", "account"),
  core("ConfigMap", "settings"),
  core("PersistentVolumeClaim", "data"),
  core("Secret", "signer"),
  policy("deny-all"),
  policy("from-cluster"),
  policy("to-dns"),
  policy("to-api-server"),
  "kubernetes:apps/v1:Deployment deployment",
  "kubernetes:batch/v1:CronJob collector",
  core("Service", "service"),
];
const portalChildren = [
  core("Namespace", "namespace"),
  "guildnet:index:RandomSecret sign-in-key",
  "guildnet:index:RandomSecret session-key",
  core("ServiceAccount", "account"),
  rbac("ClusterRole", "role"),
  rbac("ClusterRoleBinding", "binding"),
  core("ConfigMap", "sign-outs"),
  core("ConfigMap", "people"),
  rbac("Role", "sign-outs-role"),
  rbac("RoleBinding", "sign-outs-binding"),
  policy("deny-all"),
  policy("from-browsers"),
  policy("to-dns"),
  policy("to-workspaces"),
  policy("to-api-server"),
  core("Secret", "keys"),
  "kubernetes:apps/v1:Deployment deployment",
  core("Service", "service"),
];

const workspaceChildren = [
  core("Namespace", "namespace"),
  core("ResourceQuota", "quota"),
  core("LimitRange", "limits"),
  policy("deny-all"),
  policy("from-portal"),
  policy("to-dns"),
  policy("to-internet"),
  rbac("Role", "portal-role"),
  rbac("RoleBinding", "portal-binding"),
  core("ServiceAccount", "account"),
  core("PersistentVolumeClaim", "home"),
  "guildnet:index:RandomSecret ide-token",
  core("Secret", "ide-access"),
  "kubernetes:apps/v1:Deployment deployment",
  core("Service", "service"),
];

const gatewayChildren = [
  core("Namespace", "namespace"),
  core("ServiceAccount", "account"),
  core("ConfigMap", "settings"),
  ...["deny-all", "from-workspaces", "to-dns", "to-api-server", "to-models"].map(policy),
  "kubernetes:apps/v1:Deployment deployment",
  core("Service", "service"),
];

const cases: Case[] = [
  {
    component: "EmbeddedCluster",
    make: (_, transform) =>
      new EmbeddedCluster("it", { transform, images: { tool: { reference: "example.org/tool:1" } } }),
    children: [
      "guildnet:index:EmbeddedNode node",
      "guildnet:index:NodeImage image-pause",
      "guildnet:index:NodeImage image-coredns",
      "guildnet:index:NodeImage image-tool",
      provider,
      "guildnet:index:ClusterDns dns",
    ],
    outputs: ["kubeconfig", "endpoint", "images"],
    secret: ["kubeconfig"],
    canaries: ["kubeconfig of the node"],
  },
  {
    component: "ExistingCluster",
    make: (_, transform) =>
      new ExistingCluster("it", {
        transform,
        kubeconfig: "CANARY",
        endpoint: "https://example.org",
        identity: "theirs",
        images: { tool: { context: join(import.meta.dirname, "..", "images", "workspace") } },
        registry: { address: "registry.example.org", credentials: "guild:PASSWORD" },
      }),
    children: ["guildnet:index:PushedImage image-tool", provider],
    outputs: ["kubeconfig", "endpoint"],
    secret: ["kubeconfig"],
    canaries: ["CANARY", "PASSWORD"],
  },
  {
    component: "ClusterDns",
    make: (on, transform) =>
      new ClusterDns("it", { transform, image: "example.org/dns:1", serviceCidr: "10.96.0.0/16" }, { provider: on() }),
    children: [
      core("NamespacePatch", "namespace"),
      core("ServiceAccount", "account"),
      rbac("ClusterRole", "role"),
      rbac("ClusterRoleBinding", "binding"),
      core("ConfigMap", "config"),
      "kubernetes:networking.k8s.io/v1:NetworkPolicy network",
      "kubernetes:apps/v1:Deployment deployment",
      core("Service", "service"),
    ],
    outputs: ["address"],
    secret: [],
    canaries: [],
  },
  {
    component: "Storage",
    make: (on, transform) =>
      new Storage("it", { transform, image: "example.org/storage:1", path: "/volumes" }, { provider: on() }),
    children: [
      core("Namespace", "namespace"),
      core("ServiceAccount", "account"),
      rbac("Role", "role"),
      rbac("RoleBinding", "binding"),
      rbac("ClusterRole", "cluster-role"),
      rbac("ClusterRoleBinding", "cluster-binding"),
      core("ConfigMap", "config"),
      policy("deny-all"),
      policy("to-api-server"),
      "kubernetes:apps/v1:Deployment provisioner",
      "kubernetes:storage.k8s.io/v1:StorageClass class",
      "kubernetes:storage.k8s.io/v1:StorageClass disposable-class",
    ],
    outputs: ["className", "disposableClassName"],
    secret: [],
    canaries: [],
  },
  {
    component: "Longhorn",
    make: (on, transform) =>
      new Longhorn(
        "it",
        {
          transform,
          snapshots: { cron: "0 * * * *", retain: 24 },
          backup: {
            url: "s3://volumes@eu-central-1/",
            accessKeyId: "AKIA",
            secretAccessKey: "CANARY",
            cron: "0 3 * * *",
            retain: 14,
          },
        },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      "kubernetes:helm.sh/v3:Release release",
      core("Secret", "backup-credentials"),
      longhorn("BackupTarget", "backup-target"),
      longhorn("RecurringJob", "snapshots"),
      longhorn("RecurringJob", "backups"),
      "kubernetes:storage.k8s.io/v1:StorageClass class",
      "kubernetes:storage.k8s.io/v1:StorageClass disposable-class",
    ],
    outputs: ["className", "disposableClassName"],
    secret: [],
    canaries: ["CANARY"],
  },
  {
    component: "Scheduling",
    make: (on, transform) => new Scheduling("it", { transform }, { provider: on() }),
    children: priorityClasses,
    outputs: ["classes"],
    secret: [],
    canaries: [],
  },
  {
    component: "Scheduling",
    make: (on, transform) =>
      new Scheduling(
        "it",
        { transform, queue: { kind: "kueue", budget: { cpu: "4", memory: "8Gi" } } },
        { provider: on() },
      ),
    children: [...priorityClasses, queue("ResourceFlavor", "flavor"), queue("ClusterQueue", "queue")],
    outputs: ["classes", "clusterQueue"],
    secret: [],
    canaries: [],
  },
  {
    component: "BatchSpace",
    make: (on, transform) =>
      new BatchSpace(
        "it",
        { transform, owner: "ada", priorityClass: "batch", clusterQueue: "all" },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      core("ResourceQuota", "quota-batch"),
      core("ResourceQuota", "quota-other-classes"),
      core("ResourceQuota", "quota-volumes"),
      core("LimitRange", "limits"),
      policy("deny-all"),
      policy("to-dns"),
      policy("to-internet"),
      core("ServiceAccount", "account"),
      queue("LocalQueue", "queue"),
    ],
    outputs: ["namespace"],
    secret: [],
    canaries: [],
  },
  {
    component: "Workspace",
    make: (on, transform) =>
      new Workspace(
        "it",
        {
          transform,
          owner: "ada",
          image: "example.org/workspace:1",
          attachments: [eventsAttachment(bus, { admins: ["ada"] })],
        },
        { provider: on() },
      ),
    children: [
      ...workspaceChildren,
      "guildnet:index:EventIdentity events-identity",
      "guildnet:index:EventAccount events-account",
      core("Secret", "events-access"),
      policy("to-events"),
    ],
    outputs: ["namespace"],
    secret: [],
    canaries: [
      "credentials of it-events-identity",
      Buffer.from("credentials of it-events-identity").toString("base64"),
      "SYSTEM CREDENTIALS",
      "OPERATOR SEED",
    ],
  },
  {
    component: "Workspace",
    make: (on, transform) =>
      new Workspace("it", { transform, owner: "ada", image: "example.org/workspace:1" }, { provider: on() }),
    children: workspaceChildren,
    outputs: ["namespace"],
    secret: [],
    canaries: [ideAccess("random of it-ide-token").session],
  },
  {
    component: "Workspace",
    make: (on, transform) =>
      new Workspace(
        "it",
        {
          transform,
          owner: "ada",
          image: "example.org/workspace:1",
          attachments: [
            registryAttachment({ host: registryHost, identity: registryIdentity, caCertificate: "CA CERTIFICATE" }),
          ],
        },
        { provider: on() },
      ),
    children: [
      ...workspaceChildren,
      "guildnet:index:RandomSecret registry-password",
      core("Secret", "registry-access"),
      core("ConfigMap", "registry-authority"),
      rbac("Role", "registry-role"),
      rbac("RoleBinding", "registry-binding"),
      policy("to-registry"),
    ],
    outputs: ["namespace"],
    secret: [],
    canaries: ["random of it-registry-password", Buffer.from("it:random of it-registry-password").toString("base64")],
  },
  {
    component: "Workspace",
    make: (on, transform) =>
      new Workspace(
        "it",
        {
          transform,
          owner: "ada",
          image: "example.org/workspace:1",
          attachments: [
            radicleAttachment({
              image: "example.org/radicle:1",
              host: radicleHost,
              identity: radicleIdentity,
              caCertificate: "CA CERTIFICATE",
            }),
          ],
        },
        { provider: on() },
      ),
    children: [
      ...workspaceChildren,
      "guildnet:index:RandomSecret radicle-passphrase",
      "guildnet:index:RandomSecret radicle-password",
      core("Secret", "radicle-key"),
      core("Secret", "radicle-access"),
      core("ConfigMap", "radicle-authority"),
      rbac("Role", "radicle-role"),
      rbac("RoleBinding", "radicle-binding"),
      policy("to-radicle"),
    ],
    outputs: ["namespace"],
    secret: [],
    canaries: ["random of it-radicle-passphrase", "random of it-radicle-password"],
  },
  {
    component: "Workspace",
    make: (on, transform) =>
      new Workspace(
        "it",
        {
          transform,
          owner: "ada",
          image: "example.org/workspace:1",
          attachments: [
            modelsAttachment({
              url: `https://${modelGatewayHost}/v1`,
              caCertificate: "CA CERTIFICATE",
              models: [{ name: "small", contextWindow: 8192, tools: true }],
            }),
          ],
        },
        { provider: on() },
      ),
    children: [
      ...workspaceChildren,
      "guildnet:index:RandomSecret models-token",
      core("Secret", "models-access"),
      core("ConfigMap", "models-authority"),
      core("ConfigMap", "models-codex"),
      rbac("Role", "models-role"),
      rbac("RoleBinding", "models-binding"),
      policy("to-models"),
    ],
    outputs: ["namespace"],
    secret: [],
    canaries: ["random of it-models-token"],
  },
  {
    component: "Workspace",
    make: (on, transform) =>
      new Workspace(
        "it",
        {
          transform,
          owner: "ada",
          image: "example.org/workspace:1",
          attachments: [toolsAttachment({ key: TOOLS_KEY })],
        },
        { provider: on() },
      ),
    children: [...workspaceChildren, core("Secret", "tools-access"), policy("to-tools")],
    outputs: ["namespace"],
    secret: [],
    canaries: [toolsToken(TOOLS_KEY, "it", "ada").split(".")[1] ?? ""],
  },
  {
    component: "Workspace",
    make: (on, transform) =>
      new Workspace(
        "it",
        {
          transform,
          owner: "ada",
          image: "example.org/workspace:1",
          attachments: [
            notesAttachment({
              image: "example.org/notes:1",
              tokenKey: pulumi.secret(NOTES_KEY),
              caCertificate: "CA CERTIFICATE",
            }),
          ],
        },
        { provider: on() },
      ),
    children: [
      ...workspaceChildren,
      core("Secret", "notes-access"),
      core("ConfigMap", "notes-authority"),
      policy("to-notes"),
    ],
    outputs: ["namespace"],
    secret: [],
    canaries: [notesToken(NOTES_KEY, "it", "ada").split(".")[1] ?? ""],
  },
  {
    component: "Notes",
    make: (on, transform) =>
      new Notes(
        "it",
        {
          transform,
          image: "example.org/notes:1",
          workspaces: [{ id: "ada-lab", owner: "ada" }],
          authority: guildAuthority,
        },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      core("ServiceAccount", "account"),
      core("PersistentVolumeClaim", "data"),
      "guildnet:index:Certificate certificate",
      core("Secret", "tls"),
      "guildnet:index:RandomSecret token-key",
      "guildnet:index:RandomSecret identity-key",
      core("Secret", "keys"),
      core("Secret", "tokens"),
      policy("deny-all"),
      policy("from-workspaces"),
      "kubernetes:apps/v1:Deployment deployment",
      core("Service", "service"),
    ],
    outputs: ["url", "caCertificate"],
    secret: [],
    canaries: ["CA KEY", "KEY"],
  },
  {
    component: "ModelGateway",
    make: (on, transform) =>
      new ModelGateway(
        "it",
        {
          transform,
          image: "example.org/portal:1",
          servers: [
            {
              name: "ollama",
              url: "http://ollama.guildnet-ollama.svc:11434",
              pods: { app: "ollama", namespace: "guildnet-ollama", port: 11434 },
              models: [{ name: "small", contextWindow: 8192, tools: true }],
            },
          ],
          endpoint: "https://10.0.0.1:6443",
          authority: guildAuthority,
        },
        { provider: on() },
      ),
    children: [...gatewayChildren, "guildnet:index:Certificate certificate", core("Secret", "tls")],
    outputs: ["url", "caCertificate"],
    secret: [],
    canaries: ["CA KEY", "KEY"],
  },
  {
    component: "ModelGateway",
    make: (on, transform) =>
      new ModelGateway(
        "it",
        {
          transform,
          image: "example.org/portal:1",
          servers: [{ name: "openai", url: "https://api.openai.com", dialect: "openai", key: "CANARY", models: [] }],
          endpoint: "https://10.0.0.1:6443",
          authority: guildAuthority,
          issuer,
          events: bus,
        },
        { provider: on() },
      ),
    children: [
      ...gatewayChildren,
      core("Secret", "keys"),
      policy("to-internet"),
      issued("certificate"),
      "guildnet:index:EventIdentity events-identity",
      "guildnet:index:EventAccount events-account",
      core("Secret", "events-access"),
      policy("to-events"),
    ],
    outputs: ["url", "caCertificate"],
    secret: [],
    canaries: ["CANARY", "credentials of it-events-identity", "SYSTEM CREDENTIALS", "OPERATOR SEED"],
  },
  {
    component: "App",
    make: (on, transform) =>
      new App(
        "it",
        {
          transform,
          owner: "ada",
          image: "example.org/wiki:1",
          port: 3000,
          storage: { size: "1Gi", path: "/data" },
          internet: true,
        },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      core("ResourceQuota", "quota"),
      core("LimitRange", "limits"),
      policy("deny-all"),
      policy("from-portal"),
      policy("to-dns"),
      policy("to-internet"),
      rbac("Role", "portal-role"),
      rbac("RoleBinding", "portal-binding"),
      core("ServiceAccount", "account"),
      core("PersistentVolumeClaim", "data"),
      "kubernetes:apps/v1:Deployment deployment",
      core("Service", "service"),
    ],
    outputs: ["namespace"],
    secret: [],
    canaries: [],
  },
  {
    component: "Monitoring",
    make: (on, transform) =>
      new Monitoring(
        "it",
        {
          transform,
          cluster: { endpoint: "https://10.0.0.1:6443" },
          images: { alerts: "example.org/portal:1" },
          scraped: [{ name: "gateway", namespace: "guildnet-models", app: "model-gateway", port: 9090 }],
        },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      core("ServiceAccount", "account"),
      rbac("ClusterRole", "role"),
      rbac("ClusterRoleBinding", "binding"),
      rbac("Role", "nodes-role"),
      rbac("RoleBinding", "nodes-binding"),
      rbac("Role", "gateway-role"),
      rbac("RoleBinding", "gateway-binding"),
      ...["gateway", "deny-all", "to-dns", "to-api-server", "to-kubelets", "to-nodes-figures", "nodes-figures"].map(
        policy,
      ),
      policy("to-figures"),
      core("ConfigMap", "settings"),
      core("PersistentVolumeClaim", "data"),
      "kubernetes:apps/v1:Deployment deployment",
      core("ServiceAccount", "node-account"),
      "kubernetes:apps/v1:DaemonSet nodes",
    ],
    outputs: [],
    secret: [],
    canaries: [],
  },
  {
    component: "Ollama",
    make: (on, transform) =>
      new Ollama(
        "it",
        {
          transform,
          image: "example.org/ollama:1",
          cluster: { kubeconfig: pulumi.secret("CANARY") },
          models: [smallModel, { name: "qwen3:8b", contextWindow: 32_768, tools: true }],
          proxy: { https: "http://proxy.lan:3128", networks: ["10.1.2.0/24"], credentials: "PASSWORD" },
        },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      policy("deny-all"),
      policy("from-gateway"),
      policy("to-dns"),
      policy("to-internet"),
      policy("to-proxy"),
      core("ServiceAccount", "account"),
      core("PersistentVolumeClaim", "models"),
      core("Secret", "proxy"),
      "kubernetes:apps/v1:Deployment deployment",
      core("Service", "service"),
      "guildnet:index:Model model-smollm2-135m",
      "guildnet:index:Model model-qwen3-8b",
    ],
    outputs: ["url"],
    secret: [],
    canaries: ["CANARY", "PASSWORD"],
  },
  {
    component: "ExistingOllama",
    make: () => new ExistingOllama("it", { url: "http://192.0.2.20:11434/", models: [smallModel] }),
    children: ["guildnet:index:Model model-smollm2-135m"],
    outputs: ["url"],
    secret: [],
    canaries: [],
  },
  {
    component: "RadicleSeed",
    make: (on, transform) =>
      new RadicleSeed(
        "it",
        {
          transform,
          image: "example.org/radicle:1",
          peopleImage: "example.org/portal:1",
          endpoint: "https://10.0.0.1:6443",
          authority: guildAuthority,
        },
        { provider: on() },
      ),
    children: [...radicleChildren, "guildnet:index:Certificate certificate", core("Secret", "tls")],
    outputs: ["image", "caCertificate"],
    secret: [],
    canaries: ["CA KEY", "KEY"],
  },
  {
    component: "RadicleSeed",
    make: (on, transform) =>
      new RadicleSeed(
        "it",
        {
          transform,
          image: "example.org/radicle:1",
          peopleImage: "example.org/portal:1",
          endpoint: "https://10.0.0.1:6443",
          authority: guildAuthority,
          issuer,
        },
        { provider: on() },
      ),
    children: [...radicleChildren, issued("certificate")],
    outputs: ["image", "caCertificate"],
    secret: [],
    canaries: [],
  },
  {
    component: "Registry",
    make: (on, transform) =>
      new Registry(
        "it",
        {
          transform,
          image: "example.org/registry:3",
          tokenImage: "example.org/portal:1",
          address: "10.96.0.11",
          endpoint: "https://10.0.0.1:6443",
          authority: guildAuthority,
        },
        { provider: on() },
      ),
    children: [...registryChildren, "guildnet:index:Certificate certificate", core("Secret", "tls")],
    outputs: ["host", "caCertificate"],
    secret: [],
    canaries: ["CA KEY", "KEY"],
  },
  {
    component: "Registry",
    make: (on, transform) =>
      new Registry(
        "it",
        {
          transform,
          image: "example.org/registry:3",
          tokenImage: "example.org/portal:1",
          address: "10.96.0.11",
          endpoint: "https://10.0.0.1:6443",
          authority: guildAuthority,
          issuer,
        },
        { provider: on() },
      ),
    children: [...registryChildren, issued("certificate")],
    outputs: ["host", "caCertificate"],
    secret: [],
    canaries: ["CA KEY"],
  },
  {
    component: "EventBus",
    make: (on, transform) =>
      new EventBus(
        "it",
        { transform, authority: guildAuthority, kubeconfig: "KUBECONFIG CANARY", people: ["ada"] },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      "guildnet:index:EventOperator operator",
      core("PersistentVolumeClaim", "data"),
      core("ConfigMap", "settings"),
      "guildnet:index:Certificate certificate",
      core("Secret", "tls"),
      core("ServiceAccount", "account"),
      policy("deny-all"),
      policy("from-pods"),
      "kubernetes:apps/v1:Deployment deployment",
      core("Service", "service"),
      ...["guild", "admins", "@ada"].map((audience) => `guildnet:index:EventStream stream-${audience}`),
    ],
    outputs: ["caCertificate"],
    secret: [],
    canaries: ["CA KEY", "KUBECONFIG CANARY", "GUILD CREDENTIALS"],
  },
  {
    component: "Certificates",
    make: (on, transform) =>
      new Certificates(
        "it",
        {
          transform,
          cluster: { kubeconfig: "KUBECONFIG CANARY", endpoint: "https://10.0.0.1:6443" },
          authority: guildAuthority,
        },
        { provider: on() },
      ),
    children: certificatesChildren,
    outputs: ["own", "open"],
    secret: [],
    canaries: ["CA KEY", "KUBECONFIG CANARY"],
  },
  {
    component: "Certificates",
    make: (on, transform) =>
      new Certificates(
        "it",
        {
          transform,
          cluster: { kubeconfig: "kubeconfig", endpoint: "https://10.0.0.1:6443" },
          authority: guildAuthority,
          acme: { email: "ada@example.org", dns01: { provider: "cloudflare" }, token: "TOKEN CANARY" },
        },
        { provider: on() },
      ),
    children: [
      ...certificatesChildren,
      policy("to-internet"),
      policy("to-name-servers"),
      core("Secret", "dns-token"),
      "kubernetes:cert-manager.io/v1:ClusterIssuer acme-issuer",
    ],
    outputs: ["own", "open"],
    secret: [],
    canaries: ["CA KEY", "TOKEN CANARY"],
  },
  {
    component: "LoadBalancer",
    make: (on, transform) =>
      new LoadBalancer(
        "it",
        {
          transform,
          pools: [{ name: "public", addresses: ["192.168.1.224/28"] }],
          cluster: { kubeconfig: "CANARY", endpoint: "https://10.0.0.1:6443" },
        },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      policy("deny-all"),
      policy("to-api-server"),
      "guildnet:index:UpstreamManifest definitions",
      ...["controller", "speaker"].flatMap((program) => [
        core("ServiceAccount", `${program}-account`),
        rbac("Role", `${program}-role`),
        rbac("RoleBinding", `${program}-binding`),
        rbac("ClusterRole", `${program}-cluster-role`),
        rbac("ClusterRoleBinding", `${program}-cluster-binding`),
      ]),
      core("ConfigMap", "excluded"),
      "guildnet:index:RandomSecret memberlist-key",
      core("Secret", "memberlist"),
      "kubernetes:apps/v1:Deployment controller",
      "kubernetes:apps/v1:DaemonSet speaker",
      metallb("IPAddressPool", "pool-public"),
      metallb("L2Advertisement", "advertisement"),
    ],
    outputs: ["pools"],
    secret: [],
    canaries: ["CANARY", "random of it-"],
  },
  {
    component: "BackupServer",
    make: (on, transform) =>
      new BackupServer(
        "it",
        {
          transform,
          key: pulumi.secret("CANARY"),
          repositories: ["ws-ada"],
          authority: { certificatePem: "CA CERTIFICATE", privateKeyPem: pulumi.secret("CA KEY") },
        },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      policy("deny-all"),
      policy("from-backups"),
      core("ServiceAccount", "account"),
      "guildnet:index:Certificate certificate",
      core("Secret", "tls"),
      core("Secret", "users"),
      core("PersistentVolumeClaim", "data"),
      "kubernetes:apps/v1:Deployment deployment",
      core("Service", "service"),
    ],
    outputs: [],
    secret: [],
    canaries: ["CA KEY", "KEY", "{SHA}"],
  },
  {
    component: "Backup",
    make: (on, transform) =>
      new Backup(
        "it",
        {
          transform,
          volume: { namespace: "ws-ada", claim: "home", user: 1000, workload: "workspace" },
          repository: s3Target({
            endpoint: "https://s3.example.org",
            bucket: "guild",
            prefix: "guildnet",
            key: "key",
            credentials: { accessKey: "ACCESS CANARY", secretKey: "SECRET CANARY" },
          }).repository("ws-ada"),
        },
        { provider: on() },
      ),
    children: [
      core("Secret", "repository"),
      "kubernetes:networking.k8s.io/v1:NetworkPolicy network",
      "kubernetes:batch/v1:CronJob job",
      "kubernetes:batch/v1:CronJob restore",
    ],
    outputs: [],
    secret: [],
    canaries: ["ACCESS CANARY", "SECRET CANARY", repositoryPassword("key", "ws-ada")],
  },
  {
    component: "Portal",
    make: (on, transform) =>
      new Portal(
        "it",
        {
          transform,
          image: "example.org/portal:1",
          endpoint: "https://10.0.0.1:6443",
          people: ["ada"],
          admins: ["ada"],
        },
        { provider: on() },
      ),
    children: [
      ...portalChildren,
      "guildnet:index:CertificateAuthority authority",
      "guildnet:index:Certificate certificate",
      core("Secret", "tls"),
    ],
    outputs: ["url", "caCertificate", "signInKey"],
    secret: ["signInKey"],
    canaries: ["random of it-", "CA KEY", "KEY"],
  },
  {
    component: "Portal",
    make: (on, transform) =>
      new Portal(
        "it",
        {
          transform,
          image: "example.org/portal:1",
          endpoint: "https://10.0.0.1:6443",
          people: ["ada"],
          admins: ["ada"],
          authority: guildAuthority,
          issuer,
        },
        { provider: on() },
      ),
    children: [...portalChildren, issued("certificate")],
    outputs: ["url", "caCertificate", "signInKey"],
    secret: ["signInKey"],
    canaries: ["random of it-"],
  },
  {
    component: "Portal",
    make: (on, transform) =>
      new Portal(
        "it",
        {
          transform,
          image: "example.org/portal:1",
          endpoint: "https://10.0.0.1:6443",
          people: ["ada"],
          admins: ["ada"],
          authority: guildAuthority,
          issuer,
          events: bus,
        },
        { provider: on() },
      ),
    children: [
      ...portalChildren,
      issued("certificate"),
      "guildnet:index:EventIdentity events-identity",
      "guildnet:index:EventAccount events-account",
      core("Secret", "events-access"),
      policy("to-events"),
    ],
    outputs: ["url", "caCertificate", "signInKey"],
    secret: ["signInKey"],
    canaries: ["random of it-", "credentials of it-events-identity", "SYSTEM CREDENTIALS", "OPERATOR SEED"],
  },
  ...[undefined, issuer].map((signs): Case => ({
    component: "Portal",
    make: (on, transform) =>
      new Portal(
        "it",
        {
          transform,
          image: "example.org/portal:1",
          endpoint: "https://10.0.0.1:6443",
          people: ["ada"],
          admins: ["ada"],
          authority: guildAuthority,
          issuer,
          tools: { authority: guildAuthority, issuer: signs },
        },
        { provider: on() },
      ),
    children: [
      ...portalChildren,
      issued("certificate"),
      "guildnet:index:RandomSecret tools-key",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy tools-network-from-workspaces",
      core("Service", "tools-service"),
      ...(signs === undefined
        ? ["guildnet:index:Certificate tools-certificate", core("Secret", "tools-tls")]
        : [issued("tools-certificate")]),
    ],
    outputs: ["url", "caCertificate", "signInKey"],
    secret: ["signInKey"],
    canaries: ["random of it-tools-key"],
  })),
  ...[undefined, issuer].map((signs): Case => ({
    component: "Portal",
    make: (on, transform) =>
      new Portal(
        "it",
        {
          transform,
          image: "example.org/portal:1",
          endpoint: "https://10.0.0.1:6443",
          people: ["ada"],
          admins: ["ada"],
          authority: guildAuthority,
          issuer,
          published: {
            publications: [{ host: "hello.example.org", label: "hello", until: "2026-12-25T00:00:00Z" }],
            tunnel: tunnelIdentity,
            issuer: signs,
          },
        },
        { provider: on() },
      ),
    children: [
      ...portalChildren,
      issued("certificate"),
      core("ConfigMap", "published-list"),
      "kubernetes:networking.k8s.io/v1:NetworkPolicy published-network-from-tunnel",
      core("Service", "published-service"),
      ...(signs === undefined
        ? [
            "guildnet:index:CertificateAuthority published-authority",
            "guildnet:index:Certificate published-certificate",
            core("Secret", "published-tls"),
          ]
        : [issued("published-certificate")]),
    ],
    outputs: ["url", "caCertificate", "signInKey"],
    secret: ["signInKey"],
    canaries: ["random of it-"],
  })),
  ...(["frp", "cloudflare"] as const).map((kind): Case => ({
    component: "PublicTunnel",
    make: (on, transform) =>
      new PublicTunnel(
        "it",
        {
          transform,
          to:
            kind === "frp"
              ? { kind, server: "tunnel.example.org", caCertificate: "CERTIFICATE OF THE SERVER" }
              : { kind },
          token: pulumi.secret("TOKEN CANARY"),
          hosts: ["hello.example.org"],
          end: {
            host: "published.guildnet-portal.svc",
            port: 8445,
            pods: { namespace: "guildnet-portal", app: "portal" },
            caCertificate: "CA CERTIFICATE",
          },
          image: "example.org/tunnel:1",
        },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      policy("deny-all"),
      policy("to-dns"),
      policy("to-server"),
      policy("to-published"),
      core("ServiceAccount", "account"),
      core("ConfigMap", "settings"),
      core("Secret", "token"),
      "guildnet:index:RandomSecret salt",
      "kubernetes:apps/v1:Deployment deployment",
    ],
    outputs: [],
    secret: [],
    canaries: ["TOKEN CANARY"],
  })),
  {
    component: "TunnelServer",
    make: (_, transform) =>
      new TunnelServer("it", { transform, host: "ssh://root@192.0.2.1", hostname: "tunnel.example.org" }),
    children: [
      "guildnet:index:CertificateAuthority authority",
      "guildnet:index:Certificate certificate",
      "guildnet:index:RandomSecret secret",
      "pulumi:providers:docker docker",
      "docker:index/remoteImage:RemoteImage image",
      "docker:index/container:Container container",
    ],
    outputs: ["token", "caCertificate"],
    secret: ["token"],
    canaries: ["random of it-secret", "CA KEY", "KEY"],
  },
  {
    component: "Headscale",
    make: (on, transform) =>
      new Headscale("it", { transform, ...network, cluster: { kubeconfig: "CANARY" } }, { provider: on() }),
    children: [
      core("Namespace", "namespace"),
      policy("deny-all"),
      policy("from-clients"),
      core("ServiceAccount", "account"),
      "guildnet:index:Certificate certificate",
      core("Secret", "tls"),
      core("ConfigMap", "config"),
      core("PersistentVolumeClaim", "data"),
      "kubernetes:apps/v1:Deployment deployment",
      core("Service", "service"),
      "guildnet:index:HeadscaleApiKey api-key",
      "guildnet:index:HeadscaleUser user-guildnet",
      "guildnet:index:HeadscaleUser user-ada",
      "guildnet:index:HeadscalePolicy policy",
    ],
    outputs: ["loginServer", "baseDomain", "caCertificate"],
    secret: [],
    canaries: ["CANARY", "API KEY", "AUTHORITY KEY"],
  },
  {
    component: "HeadscaleOnHost",
    make: (_, transform) =>
      new HeadscaleOnHost("it", {
        transform,
        ...network,
        host: "ssh://root@192.0.2.1",
        address: "192.0.2.1",
        apiKey: "CANARY",
      }),
    children: [
      "pulumi:providers:docker docker",
      "guildnet:index:Certificate certificate",
      "docker:index/volume:Volume data",
      "docker:index/remoteImage:RemoteImage image",
      "docker:index/container:Container container",
      "guildnet:index:HeadscaleUser user-guildnet",
      "guildnet:index:HeadscaleUser user-ada",
      "guildnet:index:HeadscalePolicy policy",
    ],
    outputs: ["loginServer", "baseDomain", "caCertificate"],
    secret: [],
    canaries: ["CANARY", "AUTHORITY KEY"],
  },
  {
    component: "ExistingHeadscale",
    make: () =>
      new ExistingHeadscale("it", {
        url: "https://mesh.example.org",
        apiKey: "CANARY",
        baseDomain: "mesh.internal",
        people: ["ada"],
      }),
    children: ["guildnet:index:HeadscaleUser user-guildnet", "guildnet:index:HeadscaleUser user-ada"],
    outputs: ["loginServer", "baseDomain"],
    secret: [],
    canaries: ["CANARY"],
  },
  {
    component: "Tailnet",
    make: (_, transform) =>
      new Tailnet("it", {
        transform,
        apiKey: "CANARY",
        baseDomain: "tail1234.ts.net",
        split: { "guildnet.internal": ["10.96.3.5"] },
        policy: network.policy,
      }),
    children: [
      "pulumi:providers:tailscale tailscale",
      "tailscale:index/dnsSplitNameservers:DnsSplitNameservers split-guildnet.internal",
      "tailscale:index/acl:Acl policy",
    ],
    outputs: ["baseDomain"],
    secret: [],
    canaries: ["CANARY"],
  },
  {
    component: "MeshDns",
    make: (on, transform) =>
      new MeshDns(
        "it",
        { transform, domain: "apps.guildnet.internal", names: { "*": "10.96.3.4" } },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      policy("deny-all"),
      policy("from-routers"),
      core("ServiceAccount", "account"),
      core("ConfigMap", "config"),
      "kubernetes:apps/v1:Deployment deployment",
      core("Service", "service"),
    ],
    outputs: ["address"],
    secret: [],
    canaries: [],
  },
  {
    component: "SubnetRouter",
    make: (on, transform) =>
      new SubnetRouter("it", { transform, mesh: plainMesh, routes: ["10.96.0.0/16"] }, { provider: on() }),
    children: [
      core("Namespace", "namespace"),
      policy("deny-all"),
      policy("from-devices"),
      policy("to-networks"),
      core("ServiceAccount", "account"),
      "guildnet:index:HeadscalePreAuthKey key",
      core("Secret", "auth-key"),
      core("ConfigMap", "authorities"),
      core("ConfigMap", "settings"),
      core("PersistentVolumeClaim", "data"),
      "kubernetes:apps/v1:Deployment deployment",
    ],
    outputs: ["routes"],
    secret: [],
    canaries: ["auth key it-key"],
  },
];

describe.each(cases)("$component", ({ component, make, children, outputs, secret, canaries }) => {
  async function registered() {
    const all = await record(() => make(() => new k8s.Provider("outer", { kubeconfig: "outer" })));
    const it = all.find(({ type }) => type === `guildnet:index:${component}`);
    if (it === undefined) throw new Error(`no ${component} was registered`);
    return { it, children: all.filter(({ parent }) => parent === it.urn), all };
  }

  test("has exactly these children, named after it", async () => {
    const found = await registered();
    expect(found.children.map(({ type, name }) => `${type} ${name.replace(/^it-/, "")}`).sort()).toEqual(
      [...children].sort(),
    );
    for (const child of found.children) expect(child.name).toMatch(/^it-/);
  });

  test("is the ancestor of all it makes", async () => {
    const { it, all } = await registered();
    const parents = new Map(all.map(({ urn, parent }) => [urn, parent]));
    for (const { urn, name } of all.filter((resource) => resource.name !== "outer")) {
      let top = urn;
      while (parents.get(top)) top = parents.get(top) ?? "";
      expect(top, name).toBe(it.urn);
    }
  });

  test("lets every child be changed, by its name, that is no resource of this project", async () => {
    const mark = (_: object, opts: pulumi.CustomResourceOptions) => {
      opts.ignoreChanges = ["mark"];
    };
    const all = await record(() =>
      make(() => new k8s.Provider("outer", { kubeconfig: "outer" }), new Proxy({}, { get: () => mark })),
    );
    const { urn } =
      all.find(({ type, name }) => name === "it" && type === `guildnet:index:${component}`) ??
      expect.fail("it is not there");
    const changeable = all.filter(({ parent, type }) => parent === urn && !type.startsWith("guildnet:"));
    expect(changeable.filter(({ ignoreChanges }) => !ignoreChanges.includes("mark")).map(({ name }) => name)).toEqual(
      [],
    );
    // A workspace has children of its own, and those that attachments make.
    const typed =
      changeable.length === 0
        ? []
        : [
            component,
            ...(component === "Workspace"
              ? [
                  "EventsAttachment",
                  "ModelsAttachment",
                  "NotesAttachment",
                  "RadicleAttachment",
                  "RegistryAttachment",
                  "ToolsAttachment",
                ]
              : []),
          ].flatMap(typedChildren);
    expect(
      changeable
        .map(({ name }) => name.slice("it-".length))
        .filter((name) => !typed.some((pattern) => pattern.test(name))),
    ).toEqual([]);
  });

  test("registers its outputs, secrets as such", async () => {
    const { it } = await registered();
    expect(Object.keys(it.outputs ?? {}).sort()).toEqual([...outputs].sort());
    expect(
      Object.entries(it.outputs ?? {})
        .filter(([, value]) => isSecret(value))
        .map(([key]) => key),
    ).toEqual(secret);
  });

  test("shows no secret in an input or output", async () => {
    const { all } = await registered();
    const text = JSON.stringify(all);
    for (const canary of canaries) {
      expect(text, "the canary is there at all").toContain(canary);
      for (const { name, inputs, outputs: own } of all) {
        expect(showsInPlain(inputs, canary), `${canary} in the inputs of ${name}`).toBe(false);
        expect(showsInPlain(own ?? {}, canary), `${canary} in the outputs of ${name}`).toBe(false);
      }
    }
  });

  test("gives Kubernetes objects fixed names under one field manager, and one provider", async () => {
    const { all } = await registered();
    const inCluster = all.filter(({ type }) => type.startsWith("kubernetes:"));
    // A release is many objects, which its chart names.
    const releases = inCluster.filter(({ type }) => type === "kubernetes:helm.sh/v3:Release");
    for (const release of releases) expect(release.inputs["name"], release.name).toBeTypeOf("string");
    const objects = inCluster.filter((object) => !releases.includes(object));
    for (const object of objects) {
      const metadata = object.inputs["metadata"] as { name?: string; annotations?: Record<string, string> };
      expect(metadata.name, object.name).toBeTypeOf("string");
      expect(metadata.annotations, object.name).toMatchObject({
        "pulumi.com/patchFieldManager": "guildnet",
        "pulumi.com/patchForce": "true",
      });
    }
    expect(new Set(inCluster.map((object) => object.provider)).size).toBeLessThanOrEqual(1);
    for (const object of inCluster) expect(object.provider).not.toBe("");
  });

  test("has the old one of a fixed name deleted before the new one is made, or both would be gone", async () => {
    const { all } = await registered();
    const fixed = all.filter(({ type }) => /^kubernetes:|:(EmbeddedNode|HeadscaleUser)$/.test(type));
    expect(fixed.filter(({ deleteBeforeReplace }) => !deleteBeforeReplace).map(({ name }) => name)).toEqual([]);
  });
});

/** Names of the children that a component's `transform` is typed for, from its source: types are gone when it runs. */
function typedChildren(component: string): RegExp[] {
  const source =
    files
      .map((file) => readFileSync(join(import.meta.dirname, file), "utf8"))
      .find((text) => text.includes(`${component}Children `)) ?? expect.fail(`no file has ${component}Children`);
  const type = source.slice(source.indexOf(`${component}Children `)).split("\n\n")[0] ?? "";
  const names = [...type.matchAll(/^ +"?([\w-]+)"?: k?|Record<(Program),/gm)].map(
    (found) => found[1] ?? found[2] ?? "",
  );
  const patterns = [...type.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text.replace("${string}", "[^/]+"));
  return [...names, ...patterns].map(
    (text) => new RegExp(`^${text.replace(/\$\{Program\}|^Program$/, "(controller|webhook|cainjector|speaker)")}$`),
  );
}

function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secret" in value;
}

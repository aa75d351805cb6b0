import * as k8s from "@pulumi/kubernetes";
import { expect, test } from "vitest";
import { joinedTo } from "../../components/events/join.ts";
import { EVENTS_CREDENTIALS_VARIABLE } from "../../components/events/attachment.ts";
import { Portal } from "../../components/portal/portal.ts";
import { toolsAttachment, toolsHost } from "../../components/portal/tools.ts";
import { Notes } from "../../components/notes/notes.ts";
import { Registry } from "../../components/registry/registry.ts";
import { record } from "../../components/testing/record.ts";
import { tunnelIdentity } from "../../components/tunnel/identity.ts";
import { App } from "../../components/workspace/app.ts";
import { Workspace } from "../../components/workspace/workspace.ts";
import { accessFiles } from "../../events/client/index.ts";
import { HANDLE, WORKSPACE_ID, workspaceNamespace } from "../pod/names.ts";
import { AUDIENCE } from "../notes/http/identity.ts";
import { readTokenServerConfig } from "../sidecars/registry-tokens/config.ts";
import { guildSchema } from "../../stacks/schema.ts";
import { portalTools } from "../../stacks/systems/portal/tools.ts";
import { readConfig } from "./config.ts";
import { readPublications } from "./guild/publications.ts";
import { workspaceToken } from "./identity/workspace-tokens.ts";
import { EVENTS_HEADER } from "./tools/tools-app.ts";
import { appKind, workspaceKind } from "./watch/kinds.ts";
import { PUBLISHED } from "./watch/publications.ts";
import { SYSTEMS, systemsIn } from "./watch/systems.ts";
import { OWNER_LABEL } from "./watch/watched-workspace.ts";

// An image imports no component: what it looks for and what components make are held against each other here.

async function made(build: (opts: { provider: k8s.Provider }) => unknown) {
  const all = await record(() => build({ provider: new k8s.Provider("outer") }));
  return (name: string): Made => {
    const found = all.find((resource) => resource.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found.inputs as unknown as Made;
  };
}

interface Made {
  metadata: { name: string; labels: Record<string, string> };
  rules: { resources: string[]; resourceNames?: string[]; verbs: string[] }[];
  spec: { template: { spec: { containers: { name: string; env: { name: string; value: string }[] }[] } } };
}

interface Mounts {
  spec: { template: { spec: { volumes: object[]; containers: { volumeMounts: object[] }[] } } };
}

function environment({ spec }: Made, container: string): Record<string, string> {
  const { env } = spec.template.spec.containers.find(({ name }) => name === container)!;
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

test("the portal finds a workspace, its owner and its objects", async () => {
  const named = await made(
    (opts) => new Workspace("ada-lab", { owner: "ada", image: "example.org/workspace:1" }, opts),
  );
  const { name, labels } = named("ada-lab-namespace").metadata;
  expect(name).toBe(workspaceKind.namespaceOf("ada-lab"));
  expect(name).toBe(workspaceNamespace("ada-lab"));
  expect(labels[workspaceKind.label]).toMatch(WORKSPACE_ID);
  expect(labels[OWNER_LABEL]).toMatch(HANDLE);
  for (const object of ["deployment", "service"])
    expect(named(`ada-lab-${object}`).metadata.name).toBe(workspaceKind.object);
});

test("the portal finds an app, and who may open it", async () => {
  const named = await made(
    (opts) => new App("wiki", { owner: "ada", image: "example.org/wiki:1", port: 3000, visibility: "members" }, opts),
  );
  const { name, labels } = named("wiki-namespace").metadata;
  expect(name).toBe(appKind.namespaceOf("wiki"));
  expect(labels[appKind.label]).toBe("wiki");
  expect(appKind.about({ metadata: { labels } })).toEqual({ visibility: "members" });
  for (const object of ["deployment", "service"]) expect(named(`wiki-${object}`).metadata.name).toBe(appKind.object);
});

test("the portal understands all that its Deployment tells it", async () => {
  const named = await made(
    (opts) =>
      new Portal(
        "it",
        {
          image: "example.org/portal:1",
          endpoint: "https://10.0.0.1:7443",
          people: ["ada", "bob"],
          admins: ["ada"],
          guildName: "The Lab",
          linkCommand: "npm run link --",
          mesh: { host: "portal.mesh.internal", appsDomain: "apps.internal" },
        },
        opts,
      ),
  );
  expect(readConfig(environment(named("it-deployment"), "portal"))).toMatchObject({
    sites: [
      { origin: "https://guildnet.localhost:8090" },
      { origin: "https://portal.mesh.internal", appsDomain: "apps.internal" },
    ],
    admins: new Set(["ada"]),
    guildName: "The Lab",
    linkCommand: "npm run link --",
  });
});

test("the portal finds what is published, and serves it where a tunnel ends", async () => {
  const publications = [
    { host: "hello.example.org", label: "hello", until: "2026-12-25T00:00:00.000Z", evenThoughPrivate: true },
  ];
  const named = await made(
    (opts) =>
      new Portal(
        "it",
        {
          image: "example.org/portal:1",
          endpoint: "https://10.0.0.1:7443",
          people: ["ada"],
          admins: ["ada"],
          published: { publications, tunnel: tunnelIdentity, announced: true },
        },
        opts,
      ),
  );
  const { metadata, data } = named("it-published-list") as Made & { data: Record<string, string> };
  expect(metadata.name).toBe(PUBLISHED.name);
  expect(readPublications(data[PUBLISHED.key] ?? "")).toEqual([
    { ...publications[0], until: Date.UTC(2026, 11, 25) / 1000 },
  ]);
  expect(named("it-sign-outs-role").rules.flatMap(({ resourceNames = [] }) => resourceNames)).toContain(PUBLISHED.name);
  const { published } = readConfig(environment(named("it-deployment"), "portal"));
  expect(published).toEqual({
    listen: { host: "0.0.0.0", port: 8445 },
    tlsDirectory: "/etc/guildnet/published-tls",
    announced: true,
  });
  expect(JSON.stringify(named("it-deployment"))).toContain(`"mountPath":"${published?.tlsDirectory}"`);
});

test("the portal finds the notes' pages and the key by which it says there who is signed in, as they know it", async () => {
  const named = await made((opts) => {
    const { pages } = new Notes(
      "notes",
      {
        image: "example.org/notes:1",
        workspaces: [],
        authority: { certificatePem: "CA CERTIFICATE", privateKeyPem: "CA KEY" },
        portal: { app: "portal", namespace: "guildnet-portal" },
      },
      opts,
    );
    const place = { image: "example.org/portal:1", endpoint: "https://10.0.0.1:7443" };
    new Portal("it", { ...place, people: ["ada"], admins: ["ada"], pages: [pages] }, opts);
  });
  const { pages } = readConfig(environment(named("it-deployment"), "portal"));
  expect(pages?.list).toEqual([
    {
      ...{ label: "notes", title: "Notes", audience: AUDIENCE },
      address: { host: "notes.guildnet-notes.svc", port: 443 },
    },
  ]);
  expect(JSON.stringify(named("it-deployment"))).toContain(`"mountPath":"${pages?.directory}"`);
  const secretOf = (name: string) => (named(name) as Made & { stringData: { secret: object } }).stringData.secret;
  const { identity } = secretOf("notes-keys") as { identity: string };
  expect(secretOf("it-pages")).toEqual({ "notes.key": identity, "notes.crt": "CA CERTIFICATE" });
  expect(named("it-network-to-notes").metadata.name).toBe("to-notes");
  expect(named("notes-network-from-portal").metadata.name).toBe("from-portal");
});

test("the portal finds what it takes to read the event bus, and may reach it", async () => {
  const keeper = {
    server: { url: "tls://bus", caCertificatePem: "CA CERTIFICATE" },
    operator: { systemCredentials: "SYSTEM CREDENTIALS", operatorSeed: "OPERATOR SEED" },
    caCertificate: "CA CERTIFICATE",
    people: ["ada"],
    generation: 1,
    url: "tls://bus",
    reach: {},
  };
  const named = await made(
    (opts) =>
      new Portal(
        "it",
        {
          image: "example.org/portal:1",
          endpoint: "https://10.0.0.1:7443",
          people: ["ada"],
          admins: ["ada"],
          events: {
            url: "tls://bus",
            join: (place, user) => joinedTo(keeper, place, user),
            identity: () => expect.fail("it is in the cluster"),
          },
        },
        opts,
      ),
  );
  const { eventsDirectory } = readConfig(environment(named("it-deployment"), "portal"));
  const { volumes, containers } = (named("it-deployment") as Made & Mounts).spec.template.spec;
  expect(containers[0]?.volumeMounts).toContainEqual({ name: "events", mountPath: eventsDirectory, readOnly: true });
  const { metadata, stringData } = named("it-events-access") as Made & { stringData: { secret: object } };
  expect(volumes).toContainEqual({
    name: "events",
    secret: { secretName: metadata.name, defaultMode: 0o440 },
  });
  expect(Object.keys(stringData.secret)).toEqual(expect.arrayContaining(Object.values(accessFiles)));
  expect(named("it-network-to-events").metadata.name).toBe("to-events");
});

test("the portal finds what agents in workspaces ask by, and knows a workspace by the token that it was given", async () => {
  const key = Buffer.alloc(32, 7).toString("base64url"),
    authority = { certificatePem: "CA CERTIFICATE", privateKeyPem: "CA KEY" };
  const named = await made((opts) => {
    new Portal(
      "it",
      {
        image: "example.org/portal:1",
        endpoint: "https://10.0.0.1:7443",
        people: ["ada"],
        admins: ["ada"],
        tools: { authority },
      },
      opts,
    );
    const attachments = [toolsAttachment({ key })];
    new Workspace("ada-lab", { owner: "ada", image: "example.org/workspace:1", attachments }, opts);
  });
  const { tools } = readConfig(environment(named("it-deployment"), "portal"));
  expect(tools).toEqual({ listen: { host: "0.0.0.0", port: 8446 }, tlsDirectory: "/etc/guildnet/tools-tls" });
  expect(JSON.stringify(named("it-deployment"))).toContain(`"mountPath":"${tools?.tlsDirectory}"`);
  const secrets = (name: string) => (named(name) as Made & { stringData: { secret: object } }).stringData.secret;
  expect(Object.keys(secrets("it-keys"))).toEqual(["session", "sign-in", "workspaces"]);
  const { token } = secrets("ada-lab-tools-access") as { token: string };
  expect(token).toBe(workspaceToken(Buffer.from(key, "base64url"), { id: "ada-lab", owner: "ada" }));
  expect(portalTools(guildSchema.parse({ models: {}, events: {} }))).toMatchObject({
    guild: { url: `https://${toolsHost}/guild` },
    events: { headerVariables: { [EVENTS_HEADER]: EVENTS_CREDENTIALS_VARIABLE } },
  });
});

test("the portal finds the systems that the stack wrote down, in the words of the command line, and may look at each", async () => {
  const named = await made((opts) =>
    new Portal(
      "it",
      { image: "example.org/portal:1", endpoint: "https://10.0.0.1:7443", people: ["ada"], admins: ["ada"] },
      opts,
    ).showSystems([
      {
        component: { type: "SubnetRouter", name: "router" },
        resource: "router-deployment",
        kind: "Deployment",
        namespace: "guildnet-router",
        name: "router",
        address: "https://router.example.org",
      },
    ]),
  );
  const { metadata, data } = named("it-systems") as Made & { data: Record<string, string> };
  expect(metadata).toMatchObject({ name: SYSTEMS, namespace: "guildnet-portal" });
  expect(systemsIn(data)).toEqual([
    {
      what: "subnet router",
      component: { type: "SubnetRouter", name: "router" },
      workload: { kind: "Deployment", namespace: "guildnet-router", name: "router" },
      address: "https://router.example.org",
    },
  ]);
  expect(named("it-systems-role").rules).toEqual([
    { apiGroups: [""], resources: ["configmaps"], resourceNames: [SYSTEMS], verbs: ["get"] },
  ]);
  expect(named("it-sees-router-deployment-role")).toMatchObject({
    metadata: { namespace: "guildnet-router" },
    rules: [{ apiGroups: ["apps"], resources: ["deployments"], resourceNames: ["router"], verbs: ["get"] }],
  });
});

test("the registry's token server understands all that its Deployment tells it", async () => {
  const named = await made(
    (opts) =>
      new Registry(
        "it",
        {
          image: "example.org/registry:3",
          tokenImage: "example.org/portal:1",
          address: "10.96.0.11",
          endpoint: "https://10.0.0.1:7443",
          maintenanceHour: 5,
          authority: { certificatePem: "CA CERTIFICATE", privateKeyPem: "CA KEY" },
        },
        opts,
      ),
  );
  expect(readTokenServerConfig(environment(named("it-deployment"), "tokens"))).toMatchObject({
    service: "registry.guildnet-registry.svc",
    maintenance: { start: 300 },
  });
});

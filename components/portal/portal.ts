import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { CertificateAuthority, RandomSecret } from "../../provider/sdk/index.ts";
import { accepted } from "../kube/accepted-findings.ts";
import type { Authority } from "../kube/authority.ts";
import type { CertificateIssuer } from "../kube/certificate-issuer.ts";
import { exposureAnnotations } from "../kube/exposure.ts";
import type { EventBusAccess } from "../kube/event-access.ts";
import type { Exposure } from "../kube/exposure.ts";
import { appLabels, appSelector, label } from "../kube/labels.ts";
import { contentVersion, objectMeta, stackLabel, unawaited } from "../kube/metadata.ts";
import { networkPolicies } from "../kube/network-policy.ts";
import { metaIn, ownNamespace, powerlessAccount } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import type { SystemPages } from "../kube/system-pages.ts";
import { serverCertificate } from "../kube/tls.ts";
import type { ServerCertificate } from "../kube/tls.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import type { TunnelEnd } from "../tunnel/identity.ts";
import { portalIdentity } from "../workspace/portal-identity.ts";
import { appsDomainBeside } from "./apps-domain.ts";
import { ANNOUNCED_PORT, deploymentSpec, PORTAL_PORT } from "./deployment.ts";
import { pagesAccess, toPages } from "./pages.ts";
import type { PagesAccess } from "./pages.ts";
import { publishedEntrance } from "./published.ts";
import type { PublishedArgs } from "./published.ts";
import { portalReach } from "./reach.ts";
import { signOuts } from "./sign-outs.ts";
import { systemsInSight } from "./systems.ts";
import type { SystemWorkload } from "./systems.ts";
import { toolsEntrance } from "./tools.ts";
import type { ToolsArgs } from "./tools.ts";

/** How browsers reach the portal's Service. */
export type PortalExposure = Exposure & {
  /** Whether what leads to its NodePort announces each visitor's address, as a published port of an `EmbeddedCluster` does when told to. @default false: visitors have the address that they come from */
  announced?: boolean;
};

/** What `transform` changes. */
export interface PortalChildren {
  namespace: k8s.core.v1.NamespaceArgs;
  account: k8s.core.v1.ServiceAccountArgs;
  role: k8s.rbac.v1.ClusterRoleArgs;
  binding: k8s.rbac.v1.ClusterRoleBindingArgs;
  "sign-outs": k8s.core.v1.ConfigMapArgs;
  people: k8s.core.v1.ConfigMapArgs;
  "sign-outs-role": k8s.rbac.v1.RoleArgs;
  "sign-outs-binding": k8s.rbac.v1.RoleBindingArgs;
  systems: k8s.core.v1.ConfigMapArgs;
  "systems-role": k8s.rbac.v1.RoleArgs;
  "systems-binding": k8s.rbac.v1.RoleBindingArgs;
  [role: `sees-${string}-role`]: k8s.rbac.v1.RoleArgs;
  [binding: `sees-${string}-binding`]: k8s.rbac.v1.RoleBindingArgs;
  [policy: `network-${string}`]: k8s.networking.v1.NetworkPolicyArgs;
  "published-list": k8s.core.v1.ConfigMapArgs;
  "published-certificate": k8s.apiextensions.CustomResourceArgs;
  "published-tls": k8s.core.v1.SecretArgs;
  "published-network-from-tunnel": k8s.networking.v1.NetworkPolicyArgs;
  "published-service": k8s.core.v1.ServiceArgs;
  "tools-network-from-workspaces": k8s.networking.v1.NetworkPolicyArgs;
  "tools-service": k8s.core.v1.ServiceArgs;
  "tools-certificate": k8s.apiextensions.CustomResourceArgs;
  "tools-tls": k8s.core.v1.SecretArgs;
  certificate: k8s.apiextensions.CustomResourceArgs;
  tls: k8s.core.v1.SecretArgs;
  keys: k8s.core.v1.SecretArgs;
  "events-access": k8s.core.v1.SecretArgs;
  pages: k8s.core.v1.SecretArgs;
  deployment: k8s.apps.v1.DeploymentArgs;
  service: k8s.core.v1.ServiceArgs;
}

export interface PortalArgs {
  image: pulumi.Input<string>;
  /** URL of the cluster's API server. */
  endpoint: pulumi.Input<string>;
  /** Host name browsers use. @default "guildnet.localhost", which browsers resolve to this machine */
  host?: string;
  /** Port browsers use. @default 8090 */
  port?: number;
  /** Domain below which every workspace has a host name. @default beside the host, "guildnet-apps.localhost"; below it where the name beside it could be somebody else's, "apps.example.org" */
  appsDomain?: string;
  /** Its names on a mesh, at port 443 there. @default it has none */
  mesh?: {
    host: string;
    /** Outside of `host`, so that no workspace shares an origin with the portal. */ appsDomain: string;
  };
  /** Handles of all who may sign in. Whoever is taken out is signed out at once. */
  people: string[];
  /** Handles of the people who see every workspace. */
  admins: string[];
  /** The guild's authority. @default one of its own, called after the guild */
  authority?: Authority;
  /** Signs its certificate and renews it while it runs. @default the authority signs, and any `up` renews */
  issuer?: CertificateIssuer;
  /** Shown on its pages. @default "GuildNet" */
  guildName?: string;
  /** What its keeper runs to make a sign-in link, but for the person's name; shown to who is signed out. @default they are told whom to ask, and no more */
  linkCommand?: string;
  /** @default not from outside the cluster */
  exposure?: PortalExposure;
  /** What is open to the internet, and what leads there. @default nothing */
  published?: PublishedArgs;
  /** Where it reads what happens, to show it: everybody sees what is for them. @default its pages say that there is none */
  events?: EventBusAccess;
  /** Whether agents in workspaces ask it: those with a `toolsAttachment`. @default nobody does */
  tools?: ToolsArgs;
  /** Systems that have pages of their own, which it leads to. @default none */
  pages?: readonly SystemPages[];
  /** PriorityClass of its pod, usually `Scheduling`'s `classes.platform`. @default the cluster's default */
  priorityClass?: pulumi.Input<string>;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<PortalChildren>;
}

/**
 * The entrance: a web page with the workspaces, sign-in by one-time link, and a proxy that
 * serves each workspace under a host name of its own, over HTTPS by the guild's own authority.
 */
export class Portal extends pulumi.ComponentResource {
  /** Where it is opened, without a slash at the end. */
  readonly url: string;
  /** PEM of the guild's authority, which browsers should trust. */
  declare readonly caCertificate: pulumi.Output<string>;
  /** Key that sign-in links are signed with, 32 bytes as base64url. Secret. */
  declare readonly signInKey: pulumi.Output<string>;
  /** The guild's authority, for other servers of the guild. Its key is secret. */
  readonly authority: Authority;
  /** Address of its Service in the cluster; it listens at port 443 there. */
  declare readonly clusterAddress: pulumi.Output<string>;
  /** Where a `PublicTunnel` ends; undefined where nothing is published. */
  readonly published: TunnelEnd | undefined;
  /** Key that workspaces' tokens are made with, as base64url; undefined where no agents ask. Secret. */
  readonly toolsKey: pulumi.Output<string> | undefined;
  private readonly addresses: PortalAddresses;
  private readonly place: Place;
  private readonly account: k8s.core.v1.ServiceAccount;

  constructor(name: string, args: PortalArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "guildnet:index:Portal",
      name,
      { reaches: "everybody who is signed in: pages and editors wait for some seconds" },
      transformed(name, args.transform, opts),
    );
    this.addresses = portalAddresses(args);
    this.url = this.addresses.origin;
    const place = ownNamespace(
      name,
      {
        app: "portal",
        namespace: portalIdentity.namespace,
        level: "restricted",
        labels: { [label.stack]: stackLabel() },
      },
      this,
    );
    this.authority =
      args.authority ??
      new CertificateAuthority(
        `${name}-authority`,
        { commonName: `${args.guildName ?? "GuildNet"} CA` },
        { parent: this },
      );
    const signIn = new RandomSecret(`${name}-sign-in-key`, {}, { parent: this });
    const session = new RandomSecret(`${name}-session-key`, {}, { parent: this });
    this.caCertificate = pulumi.output(this.authority.certificatePem);
    this.signInKey = signIn.value;

    const account = clusterReader(place);
    this.place = place;
    this.account = account;
    signOuts(place, args.people, account);
    const events = args.events?.join(place, { kind: "service", service: "portal" });
    const pages = args.pages?.length ? pagesAccess(place, args.pages) : undefined;
    networkPolicies(place, {
      ...portalReach(args.endpoint),
      ...(events && { "to-events": events.reach }),
      ...toPages(args.pages ?? []),
    });
    const server = serverCertificate(place, {
      authority: this.authority,
      issuer: args.issuer,
      dnsNames: serverNames(this.addresses, args.mesh),
    });
    const tools = args.tools && toolsEntrance(place, args.tools);
    this.toolsKey = tools && pulumi.secret(tools.key.value);
    const keys = new k8s.core.v1.Secret(
      `${name}-keys`,
      {
        metadata: metaIn(place, "keys"),
        stringData: {
          session: pulumi.secret(session.value),
          "sign-in": pulumi.secret(signIn.value),
          ...(tools && { workspaces: pulumi.secret(tools.key.value) }),
        },
      },
      { parent: this },
    );
    const published = args.published && publishedEntrance(place, args.published);
    this.published = published?.end;
    new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: metaIn(
          place,
          "portal",
          accepted({
            "single-replica": "sign-in links are used up in its memory",
            recreated: "two at once would let a sign-in link be used twice",
            "api-token": "it reads the state of workspaces from the API server",
          }),
        ),
        spec: deploymentSpec({
          image: args.image,
          origin: this.url,
          appsDomain: this.addresses.appsDomain,
          mesh: args.mesh,
          guildName: args.guildName,
          linkCommand: args.linkCommand,
          admins: args.admins.join(","),
          serviceAccount: account.metadata.name,
          priorityClass: args.priorityClass,
          announced: args.exposure?.announced,
          published: published && {
            tlsSecret: published.tlsSecret,
            announced: args.published?.announced ?? false,
          },
          tlsSecret: server.secret,
          keysSecret: keys.metadata.name,
          toolsTlsSecret: tools?.certificate.secret,
          eventsSecret: events?.secret,
          pages,
          mountedVersion: mountedVersion(
            [server, ...(tools ? [tools.certificate] : [])],
            [session, signIn, ...(tools ? [tools.key] : [])],
            pages,
          ),
        }),
      },
      { parent: this },
    );
    this.clusterAddress = service(place, args.exposure ?? { type: "ClusterIP" }).spec.clusterIP;
    this.registerOutputs({ url: this.url, caCertificate: this.caCertificate, signInKey: this.signInKey });
  }

  /** Shows its admins how systems of the guild are. Called once, when all of them are made. */
  showSystems(workloads: readonly SystemWorkload[]): void {
    systemsInSight(this.place, workloads, this.account);
  }

  /** Where a workspace is opened. */
  workspaceUrl(id: string): string {
    return this.addresses.workspace(id);
  }
}

export interface PortalAddresses {
  host: string;
  appsDomain: string;
  origin: string;
  workspace: (id: string) => string;
}

/** The portal's addresses from its arguments. */
export function portalAddresses(args: Pick<PortalArgs, "host" | "port" | "appsDomain">): PortalAddresses {
  const host = args.host ?? "guildnet.localhost";
  const appsDomain = args.appsDomain ?? appsDomainBeside(host);
  const port = (args.port ?? 8090) === 443 ? "" : `:${args.port ?? 8090}`;
  return {
    host,
    appsDomain,
    origin: `https://${host}${port}`,
    workspace: (id) => `https://${id}.${appsDomain}${port}/`,
  };
}

/** The names it is found under; one wildcard covers every workspace. The first is the certificate's subject. */
function serverNames({ host, appsDomain }: PortalAddresses, mesh: PortalArgs["mesh"]): [string, ...string[]] {
  return [host, `*.${appsDomain}`, ...(mesh === undefined ? [] : [mesh.host, `*.${mesh.appsDomain}`])];
}

/** A certificate is public; of a key its resource's id is enough, as a new key is a new resource. */
function mountedVersion(
  certificates: readonly ServerCertificate[],
  keys: readonly RandomSecret[],
  pages: PagesAccess | undefined,
): pulumi.Output<string> {
  const readAtStart = certificates.flatMap((each) => each.readAtStart);
  return pulumi
    .all([
      ...readAtStart.map(({ certificatePem }) => certificatePem),
      ...keys.map((key) => key.id),
      ...(pages ? [pages.version] : []),
    ])
    .apply((parts) => contentVersion(parts.join("\n")));
}

/** It finds workspaces by their namespaces; inside each, the workspace itself gives it what it may read. */
function clusterReader(place: Place): k8s.core.v1.ServiceAccount {
  const account = powerlessAccount(place);
  const role = new k8s.rbac.v1.ClusterRole(
    `${place.name}-role`,
    {
      metadata: objectMeta({ name: portalIdentity.namespace, labels: appLabels("portal") }),
      rules: [{ apiGroups: [""], resources: ["namespaces"], verbs: ["get", "list", "watch"] }],
    },
    { parent: place.parent },
  );
  new k8s.rbac.v1.ClusterRoleBinding(
    `${place.name}-binding`,
    {
      metadata: objectMeta({ name: portalIdentity.namespace, labels: appLabels("portal") }),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
      subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: place.namespace }],
    },
    { parent: place.parent },
  );
  return account;
}

function service(place: Place, exposure: PortalExposure): k8s.core.v1.Service {
  return new k8s.core.v1.Service(
    `${place.name}-service`,
    {
      // The Deployment is waited for; that says the same, and doesn't hang on a load balancer without a pool.
      metadata: metaIn(place, "portal", { ...exposureAnnotations(exposure), ...unawaited }),
      spec: {
        type: exposure.type,
        selector: appSelector("portal"),
        // A balancer's traffic goes to the pod's node alone, and keeps its visitors' addresses.
        ...(exposure.type === "LoadBalancer" ? { externalTrafficPolicy: "Local" } : {}),
        ports: servicePorts(exposure),
      },
    },
    { parent: place.parent },
  );
}

function servicePorts(exposure: PortalExposure): k8s.types.input.core.v1.ServicePort[] {
  const https = { name: "https", port: 443, targetPort: PORTAL_PORT, protocol: "TCP" };
  if (exposure.type !== "NodePort") return [https];
  if (exposure.announced !== true) return [{ ...https, nodePort: exposure.nodePort }];
  // A NodePort more, the next, for those in the cluster: a Service has one for every port.
  return [
    { ...https, nodePort: exposure.nodePort + 1 },
    {
      name: "announced",
      port: ANNOUNCED_PORT,
      targetPort: ANNOUNCED_PORT,
      protocol: "TCP",
      nodePort: exposure.nodePort,
    },
  ];
}

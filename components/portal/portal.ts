import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import { Certificate, CertificateAuthority, RandomSecret } from "../../provider/sdk/index.ts";
import { accepted } from "../kube/accepted-findings.ts";
import type { Authority } from "../kube/authority.ts";
import { issuedCertificate } from "../kube/certificate-issuer.ts";
import type { CertificateIssuer } from "../kube/certificate-issuer.ts";
import { exposureAnnotations } from "../kube/exposure.ts";
import type { Exposure } from "../kube/exposure.ts";
import { appLabels, appSelector, label, objectMeta, podSecurityLabels, stackLabel, unawaited } from "../kube/labels.ts";
import { denyAll, toDns } from "../kube/network-policies.ts";
import { appsDomainBeside } from "./apps-domain.ts";
import { ANNOUNCED_PORT, deploymentSpec, PORTAL_PORT } from "./deployment.ts";
import { portalIdentity } from "../workspace/portal-identity.ts";
import { endpointPort, fromBrowsers, toApiServer, toWorkspaces } from "./network-policies.ts";
import { signOuts } from "./sign-outs.ts";

/** How browsers reach the portal's Service. */
export type PortalExposure = Exposure & {
  /** Whether what leads to its NodePort announces each visitor's address, as a published port of an `EmbeddedCluster` does when told to. @default false: visitors have the address that they come from */
  announced?: boolean;
};

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
  mesh?: { host: string; /** Outside of `host`, so that no workspace shares an origin with the portal. */ appsDomain: string };
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
  /** PriorityClass of its pod, usually `Scheduling`'s `classes.platform`. @default the cluster's default */
  priorityClass?: pulumi.Input<string>;
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
  private readonly addresses: PortalAddresses;

  constructor(name: string, args: PortalArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guildnet:index:Portal", name, {}, opts);
    this.addresses = portalAddresses(args);
    this.url = this.addresses.origin;
    const place: Place = { name, namespace: namespace(name, this), parent: this };
    this.authority = args.authority ?? new CertificateAuthority(`${name}-authority`, { commonName: `${args.guildName ?? "GuildNet"} CA` }, { parent: this });
    const signIn = new RandomSecret(`${name}-sign-in-key`, {}, { parent: this });
    const session = new RandomSecret(`${name}-session-key`, {}, { parent: this });
    this.caCertificate = pulumi.output(this.authority.certificatePem);
    this.signInKey = signIn.value;

    const account = clusterReader(place);
    signOuts(name, args.people, account, this);
    networkPolicies(place, args.endpoint);
    const server = serverCertificate(place, serverNames(this.addresses, args.mesh), args.issuer);
    const keys = new k8s.core.v1.Secret(`${name}-keys`, {
      metadata: meta(place, "keys"),
      stringData: { session: pulumi.secret(session.value), "sign-in": pulumi.secret(signIn.value) },
    }, { parent: this });
    new k8s.apps.v1.Deployment(`${name}-deployment`, {
      metadata: meta(place, "portal", accepted({
        "single-replica": "sign-in links are used up in its memory",
        recreated: "two at once would let a sign-in link be used twice",
        "api-token": "it reads the state of workspaces from the API server",
      })),
      spec: deploymentSpec({
        image: args.image, origin: this.url, appsDomain: this.addresses.appsDomain, mesh: args.mesh, guildName: args.guildName, linkCommand: args.linkCommand,
        admins: args.admins.join(","), serviceAccount: account.metadata.name, priorityClass: args.priorityClass,
        announced: args.exposure?.announced,
        tlsSecret: server.secret, keysSecret: keys.metadata.name,
        mountedVersion: mountedVersion(server.readAtStart, [session, signIn]),
      }),
    }, { parent: this });
    this.clusterAddress = service(place, args.exposure ?? { type: "ClusterIP" }).spec.clusterIP;
    this.registerOutputs({ url: this.url, caCertificate: this.caCertificate, signInKey: this.signInKey });
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
  return { host, appsDomain, origin: `https://${host}${port}`, workspace: (id) => `https://${id}.${appsDomain}${port}/` };
}

/** Where the portal's objects go. */
interface Place {
  name: string;
  namespace: k8s.core.v1.Namespace;
  parent: Portal;
}

function meta(place: Place, name: string, annotations: Record<string, string> = {}) {
  return objectMeta({ name, namespace: place.namespace.metadata.name, labels: appLabels("portal"), annotations });
}

function namespace(name: string, parent: Portal): k8s.core.v1.Namespace {
  return new k8s.core.v1.Namespace(`${name}-namespace`, {
    metadata: objectMeta({ name: portalIdentity.namespace, labels: { ...appLabels("portal"), ...podSecurityLabels("restricted"), [label.stack]: stackLabel() } }),
  }, { parent });
}

/** The names it is found under; one wildcard covers every workspace. The first is the certificate's subject. */
function serverNames({ host, appsDomain }: PortalAddresses, mesh: PortalArgs["mesh"]): [string, ...string[]] {
  return [host, `*.${appsDomain}`, ...(mesh === undefined ? [] : [mesh.host, `*.${mesh.appsDomain}`])];
}

function serverCertificate(place: Place, dnsNames: [string, ...string[]], issuer: CertificateIssuer | undefined): { secret: pulumi.Output<string>; /** With which the pod starts anew. */ readAtStart: Certificate[] } {
  const { name, parent } = place, { authority } = parent;
  // The server takes a renewed one while it runs.
  if (issuer !== undefined) return { secret: issuedCertificate(`${name}-certificate`, { issuer, meta: meta(place, "server-tls"), dnsNames }, parent), readAtStart: [] };
  const certificate = new Certificate(`${name}-certificate`, {
    caCertificatePem: authority.certificatePem, caPrivateKeyPem: authority.privateKeyPem, commonName: dnsNames[0], dnsNames,
  }, { parent });
  return { secret: tlsSecret(place, certificate).metadata.name, readAtStart: [certificate] };
}

function tlsSecret(place: Place, certificate: Certificate): k8s.core.v1.Secret {
  return new k8s.core.v1.Secret(`${place.name}-tls`, {
    metadata: meta(place, "tls"),
    type: "kubernetes.io/tls",
    stringData: { "tls.crt": certificate.certificatePem, "tls.key": pulumi.secret(certificate.privateKeyPem) },
  }, { parent: place.parent });
}

/** A certificate is public; of a key its resource's id is enough, as a new key is a new resource. */
function mountedVersion(certificates: Certificate[], keys: RandomSecret[]): pulumi.Output<string> {
  return pulumi.all([...certificates.map(({ certificatePem }) => certificatePem), ...keys.map((key) => key.id)])
    .apply((parts) => createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 16));
}

/** It finds workspaces by their namespaces; inside each, the workspace itself gives it what it may read. */
function clusterReader(place: Place): k8s.core.v1.ServiceAccount {
  const account = new k8s.core.v1.ServiceAccount(`${place.name}-account`, {
    metadata: meta(place, portalIdentity.serviceAccount), automountServiceAccountToken: false,
  }, { parent: place.parent });
  const role = new k8s.rbac.v1.ClusterRole(`${place.name}-role`, {
    metadata: objectMeta({ name: portalIdentity.namespace, labels: appLabels("portal") }),
    rules: [{ apiGroups: [""], resources: ["namespaces"], verbs: ["get", "list", "watch"] }],
  }, { parent: place.parent });
  new k8s.rbac.v1.ClusterRoleBinding(`${place.name}-binding`, {
    metadata: objectMeta({ name: portalIdentity.namespace, labels: appLabels("portal") }),
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
    subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: place.namespace.metadata.name }],
  }, { parent: place.parent });
  return account;
}

function networkPolicies(place: Place, endpoint: pulumi.Input<string>): void {
  const specs = {
    "deny-all": denyAll(),
    "from-browsers": fromBrowsers(),
    "to-dns": toDns(),
    "to-workspaces": toWorkspaces(),
    "to-api-server": toApiServer(pulumi.output(endpoint).apply(endpointPort)),
  };
  for (const [name, spec] of Object.entries(specs)) {
    new k8s.networking.v1.NetworkPolicy(`${place.name}-network-${name}`, { metadata: meta(place, name), spec }, { parent: place.parent });
  }
}

function service(place: Place, exposure: PortalExposure): k8s.core.v1.Service {
  return new k8s.core.v1.Service(`${place.name}-service`, {
    // The Deployment is waited for; that says the same, and doesn't hang on a load balancer without a pool.
    metadata: meta(place, "portal", { ...exposureAnnotations(exposure), ...unawaited }),
    spec: {
      type: exposure.type,
      selector: appSelector("portal"),
      // A balancer's traffic goes to the pod's node alone, and keeps its visitors' addresses.
      ...(exposure.type === "LoadBalancer" ? { externalTrafficPolicy: "Local" } : {}),
      ports: servicePorts(exposure),
    },
  }, { parent: place.parent });
}

function servicePorts(exposure: PortalExposure): k8s.types.input.core.v1.ServicePort[] {
  const https = { name: "https", port: 443, targetPort: PORTAL_PORT, protocol: "TCP" };
  if (exposure.type !== "NodePort") return [https];
  if (exposure.announced !== true) return [{ ...https, nodePort: exposure.nodePort }];
  // A NodePort more, the next, for those in the cluster: a Service has one for every port.
  return [{ ...https, nodePort: exposure.nodePort + 1 }, { name: "announced", port: ANNOUNCED_PORT, targetPort: ANNOUNCED_PORT, protocol: "TCP", nodePort: exposure.nodePort }];
}

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { accepted } from "../kube/accepted-findings.ts";
import type { Authority } from "../kube/authority.ts";
import type { CertificateIssuer } from "../kube/certificate-issuer.ts";
import { GuildError } from "../kube/errors.ts";
import type { EventBusAccess, EventsJoined } from "../kube/event-access.ts";
import { appSelector } from "../kube/labels.ts";
import { contentVersion, unawaited } from "../kube/metadata.ts";
import { networkPolicies } from "../kube/network-policy.ts";
import { metaIn, ownNamespace } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import { serverCertificate } from "../kube/tls.ts";
import type { ServerCertificate } from "../kube/tls.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { gatewayDeployment } from "./gateway-pods.ts";
import { gatewayReach } from "./gateway-reach.ts";
import { GATEWAY_METRICS_PORT, gatewaySettings } from "./gateway-settings.ts";
import type { GatewayServer, ModelLimits } from "./gateway-settings.ts";
import { modelGatewayIdentity } from "./model-server.ts";

/** Resolved by the cluster's DNS, whatever its domain is called. */
export const modelGatewayHost = `gateway.${modelGatewayIdentity.namespace}.svc`;

/** Where it tells what was asked. */
export const modelGatewayFigures = { name: "model-gateway", ...modelGatewayIdentity, port: GATEWAY_METRICS_PORT };

/** What `transform` changes. */
export interface ModelGatewayChildren {
  namespace: k8s.core.v1.NamespaceArgs;
  account: k8s.core.v1.ServiceAccountArgs;
  settings: k8s.core.v1.ConfigMapArgs;
  keys: k8s.core.v1.SecretArgs;
  certificate: k8s.apiextensions.CustomResourceArgs;
  tls: k8s.core.v1.SecretArgs;
  "events-access": k8s.core.v1.SecretArgs;
  [policy: `network-${string}`]: k8s.networking.v1.NetworkPolicyArgs;
  deployment: k8s.apps.v1.DeploymentArgs;
  service: k8s.core.v1.ServiceArgs;
}

export interface ModelGatewayArgs {
  /** Image of the portal, which has the gateway in it. */
  image: pulumi.Input<string>;
  /** Whom it asks: at least one, each under a name of its own. Of two models with one name it asks that of the first server. */
  servers: readonly GatewayServer[];
  /** Private networks that servers are in which are called by a name. @default none, which does for servers in the cluster, on the internet, or called by an address */
  networks?: readonly string[];
  /** What signs its certificate; workspaces trust it. */
  authority: Authority;
  /** Renews its certificate while it runs; of the same authority. @default any `up` renews it */
  issuer?: CertificateIssuer;
  /** URL of the cluster's API server. */
  endpoint: pulumi.Input<string>;
  /** How much each workspace may ask. @default 4 questions at once, any number of tokens */
  limits?: ModelLimits;
  /** What differs for some workspaces, by their ids. @default nothing */
  limitsOf?: Readonly<Record<string, ModelLimits>>;
  /** The only workspaces that may ask a model, by the model's name. @default all workspaces may ask all models */
  access?: Readonly<Record<string, readonly string[]>>;
  /** Where it says, each minute, what workspaces have used of models, to admins. @default nowhere: metrics have it */
  events?: EventBusAccess;
  /** PriorityClass of its pods, usually `Scheduling`'s `classes.platform`. @default the cluster's default */
  priorityClass?: pulumi.Input<string>;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<ModelGatewayChildren>;
}

/**
 * One address for all models, at which workspaces ask in OpenAI's words (`/v1/responses`, `/v1/chat/completions`,
 * `/v1/models`). It knows each by its token, is the only one that reaches the servers and has their keys, and counts what is asked.
 * One more workspace changes nothing of it: it looks their tokens up in their own namespaces, by a right that
 * `modelsAttachment` gives it there.
 */
export class ModelGateway extends pulumi.ComponentResource {
  /** Where it is asked, with `/v1`. */
  readonly url = `https://${modelGatewayHost}/v1`;
  /** PEM of the authority to trust there. */
  declare readonly caCertificate: pulumi.Output<string>;

  constructor(name: string, args: ModelGatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    checkServers(name, args.servers);
    super(
      "guildnet:index:ModelGateway",
      name,
      { reaches: "whoever asks a model: questions that run are cut off" },
      transformed(name, args.transform, opts),
    );
    this.caCertificate = pulumi.output(args.authority.certificatePem);
    const { app, namespace } = modelGatewayIdentity;
    const place = ownNamespace(name, { app, namespace, level: "restricted" }, this);
    const account = new k8s.core.v1.ServiceAccount(
      `${name}-account`,
      { metadata: metaIn(place, app) },
      { parent: this },
    );
    const { limits = {}, limitsOf = {}, access = {} } = args;
    const text = gatewaySettings(args.servers, { limits, limitsOf, access });
    const settings = new k8s.core.v1.ConfigMap(
      `${name}-settings`,
      { metadata: metaIn(place, "settings"), data: { "gateway.json": text } },
      { parent: this },
    );
    const { authority, issuer } = args;
    const server = serverCertificate(place, { authority, issuer, dnsNames: [modelGatewayHost] });
    const bus = args.events?.join(place, { kind: "service", service: "models" });
    const guards = networkPolicies(place, gatewayReach(args.endpoint, args.servers, args.networks ?? [], bus?.reach));
    new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: metaIn(place, app, oneGateway),
        spec: gatewayDeployment({
          image: args.image,
          priorityClass: args.priorityClass,
          serviceAccount: account.metadata.name,
          settings: settings.metadata.name,
          keys: keys(place, args.servers),
          tlsSecret: server.secret,
          events: bus?.secret,
          mountedVersion: versionOf(text, server, bus),
        }),
      },
      { parent: this, dependsOn: guards },
    );
    service(place);
    this.registerOutputs({ url: this.url, caCertificate: this.caCertificate });
  }
}

function checkServers(name: string, servers: readonly GatewayServer[]): void {
  const names = servers.map((server) => server.name);
  const mistakes = [
    ...(names.length === 0 ? ["it has no server to ask: give it one"] : []),
    ...[...new Set(names.filter((each, place) => names.indexOf(each) !== place))].map(
      (each) => `server "${each}" is there twice: give each its own name`,
    ),
    ...names
      .filter((each) => !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(each))
      .map(
        (each) => `server "${each}": a name has lower case letters, digits and "-", a letter or digit first and last`,
      ),
  ];
  if (mistakes.length > 0)
    throw new GuildError("model-gateway-args", `model gateway "${name}": ${mistakes.join("; ")}`);
}

/** What scanners find in its Deployment, and why it stands. */
const oneGateway = accepted({
  "single-replica": "what a workspace has asked today is counted in one process",
  "api-token": "it looks up workspaces' tokens, each by a right that the workspace gives it",
});

/** Child `<gateway>-keys`. @returns name of the Secret; undefined where no server wants a key */
function keys(place: Place, servers: readonly GatewayServer[]): pulumi.Output<string> | undefined {
  const wanted = servers.flatMap(({ name, key }) => (key === undefined ? [] : [[name, pulumi.secret(key)] as const]));
  if (wanted.length === 0) return undefined;
  return new k8s.core.v1.Secret(
    `${place.name}-keys`,
    { metadata: metaIn(place, "keys"), stringData: Object.fromEntries(wanted) },
    { parent: place.parent },
  ).metadata.name;
}

function versionOf(
  settings: pulumi.Output<string>,
  { readAtStart }: ServerCertificate,
  bus: EventsJoined | undefined,
): pulumi.Output<string> {
  return pulumi
    .all([settings, ...readAtStart.map(({ certificatePem }) => certificatePem), ...(bus ? [bus.version] : [])])
    .apply((texts) => contentVersion(texts.join("\n")));
}

function service(place: Place): void {
  new k8s.core.v1.Service(
    `${place.name}-service`,
    {
      metadata: metaIn(place, "gateway", unawaited),
      spec: {
        selector: appSelector(modelGatewayIdentity.app),
        ports: [{ name: "gateway", port: 443, targetPort: "gateway", protocol: "TCP" }],
      },
    },
    { parent: place.parent },
  );
}

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { RandomSecret } from "../../provider/sdk/index.ts";
import { accepted } from "../kube/accepted-findings.ts";
import type { Authority } from "../kube/authority.ts";
import type { BackupVolume } from "../kube/backup-volume.ts";
import type { CertificateIssuer } from "../kube/certificate-issuer.ts";
import type { EventBusAccess } from "../kube/event-access.ts";
import { appSelector } from "../kube/labels.ts";
import { contentVersion, unawaited } from "../kube/metadata.ts";
import { networkPolicies } from "../kube/network-policy.ts";
import { metaIn, ownNamespace, powerlessAccount, retention, volumeClaim } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import type { SystemPages } from "../kube/system-pages.ts";
import { serverCertificate } from "../kube/tls.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { NOTES_AUDIENCE, NOTES_LABEL, notesHost, notesIdentity, notesUrl, tokensFile } from "./identity.ts";
import type { NotesWorkspace } from "./identity.ts";
import { NOTES_PORT, NOTES_USER, notesDeployment } from "./pods.ts";
import { notesReach } from "./reach.ts";

/** What `transform` changes. */
export interface NotesChildren {
  namespace: k8s.core.v1.NamespaceArgs;
  account: k8s.core.v1.ServiceAccountArgs;
  data: k8s.core.v1.PersistentVolumeClaimArgs;
  certificate: k8s.apiextensions.CustomResourceArgs;
  tls: k8s.core.v1.SecretArgs;
  keys: k8s.core.v1.SecretArgs;
  tokens: k8s.core.v1.SecretArgs;
  "events-access": k8s.core.v1.SecretArgs;
  [policy: `network-${string}`]: k8s.networking.v1.NetworkPolicyArgs;
  deployment: k8s.apps.v1.DeploymentArgs;
  service: k8s.core.v1.ServiceArgs;
}

export interface NotesArgs {
  /** Image of the notes' server, which has git in it. */
  image: pulumi.Input<string>;
  /** Workspaces whose people have notes there: each has the guild's, and its owner's own. */
  workspaces: readonly NotesWorkspace[];
  /** What signs its certificate; workspaces trust it. */
  authority: Authority;
  /** Renews its certificate while it runs; of the same authority. @default any `up` renews it */
  issuer?: CertificateIssuer;
  /** The pods that lead people to its pages, and say who they are: usually the portal's. */
  portal: { readonly app: string; readonly namespace: string };
  /** Where it says which notes were changed, by whom. @default nowhere */
  events?: EventBusAccess;
  /** What its pages call the guild. @default "GuildNet" */
  guildName?: pulumi.Input<string>;
  /** Size of its volume; it can grow, not shrink. @default "5Gi" */
  storage?: string;
  /** StorageClass of its volume. @default the cluster's default class */
  storageClass?: pulumi.Input<string>;
  /** Whether namespace and volume stay when it is removed. To remove them with it, apply `false` first, then remove it. @default true */
  keepData?: boolean;
  /** Raising it gives every workspace another token, and ends the old ones; the workspaces start anew. @default 1 */
  tokenGeneration?: number;
  /** PriorityClass of its pod, usually `Scheduling`'s `classes.platform`. @default the cluster's default */
  priorityClass?: pulumi.Input<string>;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<NotesChildren>;
}

/**
 * The guild's notes: a vault of all, and one of each person's own, as Markdown in git. Found by search, edited together, read
 * and written by agents over MCP; in a workspace they are files below `~/notes`, which `notesAttachment` keeps the same.
 * In a browser they are behind a portal, which takes `pages`.
 */
export class Notes extends pulumi.ComponentResource {
  /** Where workspaces reach it. */
  readonly url = notesUrl;
  /** PEM of the authority to trust there. */
  declare readonly caCertificate: pulumi.Output<string>;
  /** What workspaces' tokens are made with. Secret. */
  declare readonly tokenKey: pulumi.Output<string>;
  /** What `Portal` takes. */
  readonly pages: SystemPages;
  /** What `Backup` takes. */
  readonly volume: BackupVolume;

  constructor(name: string, args: NotesArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "guildnet:index:Notes",
      name,
      { reaches: "whoever has notes open: they wait for some seconds" },
      transformed(name, args.transform, opts),
    );
    this.caCertificate = pulumi.output(args.authority.certificatePem);
    const { app, namespace } = notesIdentity;
    const data = retention(args.keepData);
    const place = ownNamespace(name, { app, namespace, level: "restricted", data }, this);
    this.volume = { namespace: place.namespace, claim: "data", user: NOTES_USER, workload: app };
    // One of another length is another one.
    const tokenKey = new RandomSecret(
      `${name}-token-key`,
      { bytes: 31 + (args.tokenGeneration ?? 1) },
      { parent: this },
    );
    this.tokenKey = pulumi.secret(tokenKey.value);
    const identity = new RandomSecret(`${name}-identity-key`, {}, { parent: this });
    this.pages = {
      label: NOTES_LABEL,
      title: "Notes",
      host: notesHost,
      pods: { ...notesIdentity, port: NOTES_PORT },
      audience: NOTES_AUDIENCE,
      key: pulumi.secret(identity.value),
      keyVersion: identity.id,
      caCertificate: this.caCertificate,
    };
    const bus = args.events?.join(place, { kind: "service", service: "notes" });
    const server = serverCertificate(place, { authority: args.authority, issuer: args.issuer, dnsNames: [notesHost] });
    const account = powerlessAccount(place);
    const claim = volumeClaim(place, "data", {
      claim: "data",
      size: args.storage ?? "5Gi",
      storageClass: args.storageClass,
      data,
    });
    const guards = networkPolicies(place, notesReach(args.portal, bus?.reach));
    new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: metaIn(place, app, oneServer),
        spec: notesDeployment({
          image: args.image,
          guildName: args.guildName ?? "GuildNet",
          priorityClass: args.priorityClass,
          serviceAccount: account.metadata.name,
          claim: claim.metadata.name,
          tlsSecret: server.secret,
          keys: identityKeys(place, this.pages.key),
          events: bus?.secret,
          tokens: tokens(place, this.tokenKey, args.workspaces),
          // Tokens it reads anew by itself.
          mountedVersion: pulumi
            .all([
              identity.id,
              ...server.readAtStart.map(({ certificatePem }) => certificatePem),
              ...(bus ? [bus.version] : []),
            ])
            .apply((texts) => contentVersion(texts.join("\n"))),
        }),
      },
      { parent: this, dependsOn: guards },
    );
    service(place);
    this.registerOutputs({ url: this.url, caCertificate: this.caCertificate });
  }
}

/** What scanners find in its Deployment, and why it stands. */
const oneServer = accepted({
  "single-replica": "who edits a note at once meets in one process",
  recreated: "its volume is writable by one pod at a time",
});

/** Child `<notes>-keys`: by which the portal says who is signed in. @returns name of the Secret */
function identityKeys(place: Place, identity: pulumi.Input<string>): pulumi.Output<string> {
  const { name, parent } = place;
  return new k8s.core.v1.Secret(
    `${name}-keys`,
    { metadata: metaIn(place, "keys"), stringData: { identity: pulumi.secret(identity) } },
    { parent },
  ).metadata.name;
}

/** Child `<notes>-tokens`: of each token what knows it again. @returns name of the Secret */
function tokens(
  place: Place,
  key: pulumi.Output<string>,
  workspaces: readonly NotesWorkspace[],
): pulumi.Output<string> {
  return new k8s.core.v1.Secret(
    `${place.name}-tokens`,
    {
      metadata: metaIn(place, "tokens"),
      stringData: { "tokens.json": key.apply((value) => tokensFile(value, workspaces)) },
    },
    { parent: place.parent },
  ).metadata.name;
}

function service(place: Place): void {
  new k8s.core.v1.Service(
    `${place.name}-service`,
    {
      metadata: metaIn(place, notesIdentity.app, unawaited),
      spec: {
        selector: appSelector(notesIdentity.app),
        ports: [{ name: "notes", port: 443, targetPort: "notes", protocol: "TCP" }],
      },
    },
    { parent: place.parent },
  );
}

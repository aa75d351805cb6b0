import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { DryRun, UpstreamManifest } from "../../provider/sdk/index.ts";
import type { Authority } from "../kube/authority.ts";
import type { CertificateIssuer } from "../kube/certificate-issuer.ts";
import type { ClusterAccess } from "../kube/cluster-access.ts";
import { appLabels, appSelector } from "../kube/labels.ts";
import { contentVersion, objectMeta, unawaited } from "../kube/metadata.ts";
import { networkPolicies } from "../kube/network-policy.ts";
import { metaIn, ownNamespace } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import { tlsSecret } from "../kube/tls.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { images, manifests } from "../versions.ts";
import { acmeIssuerSpec } from "./acme.ts";
import type { AcmeArgs } from "./acme.ts";
import { acceptedOfCertManager, certManagerDeployment } from "./cert-manager-pods.ts";
import { programAccounts } from "./cert-manager-rbac.ts";
import {
  cainjectorSettings,
  certManager,
  controllerSettings,
  WEBHOOK_PORT,
  webhookSettings,
} from "./cert-manager-settings.ts";
import { certManagerReach } from "./reach.ts";

/** What `transform` changes. */
export type CertificatesChildren = Record<`${Program}-account`, k8s.core.v1.ServiceAccountArgs> &
  Record<`${Program}-role`, k8s.rbac.v1.ClusterRoleArgs> &
  Record<`${Program}-binding`, k8s.rbac.v1.ClusterRoleBindingArgs> &
  Record<`${Program}-local-role`, k8s.rbac.v1.RoleArgs> &
  Record<`${Program}-local-binding`, k8s.rbac.v1.RoleBindingArgs> &
  Record<Program, k8s.apps.v1.DeploymentArgs> & {
    namespace: k8s.core.v1.NamespaceArgs;
    settings: k8s.core.v1.ConfigMapArgs;
    [policy: `network-${string}`]: k8s.networking.v1.NetworkPolicyArgs;
    service: k8s.core.v1.ServiceArgs;
    validation: k8s.admissionregistration.v1.ValidatingWebhookConfigurationArgs;
    mutation: k8s.admissionregistration.v1.MutatingWebhookConfigurationArgs;
    authority: k8s.core.v1.SecretArgs;
    issuer: k8s.apiextensions.CustomResourceArgs;
    "dns-token": k8s.core.v1.SecretArgs;
    "acme-issuer": k8s.apiextensions.CustomResourceArgs;
  };

export interface CertificatesArgs {
  /** The cluster it works in; the definitions of its kinds are applied there. */
  cluster: Pick<ClusterAccess, "kubeconfig" | "endpoint">;
  /** Signs what the guild's own issuer issues. Its key is put into the cluster, as a Secret that cert-manager reads. */
  authority: Authority;
  /** An authority that every system trusts, for names in a domain of yours. @default none: the guild's own signs everything */
  acme?: AcmeArgs;
  /** @default upstream's */
  images?: Record<Program, pulumi.Input<string>>;
  /** Copy of your own of what upstream defines: a file, or a folder of .yaml files. @default upstream's, from its Go module */
  definitions?: string;
  /** PriorityClass of its pods, usually `Scheduling`'s `classes.platform`. @default the cluster's default */
  priorityClass?: pulumi.Input<string>;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<CertificatesChildren>;
}

type Program = "controller" | "webhook" | "cainjector";
const programs: readonly Program[] = ["controller", "webhook", "cainjector"];
const ISSUER = "guildnet",
  ACME_ISSUER = "guildnet-acme",
  API_VERSION = "cert-manager.io/v1";

/**
 * Certificates that renew by themselves: cert-manager, and an issuer that signs with the guild's own
 * authority. The authority's key is in the stack's state, so it outlives the cluster.
 *
 * What upstream defines in the cluster stays when the component is removed: with the definitions every
 * Certificate of everybody would go. A cluster can have one cert-manager: where there is one, give the
 * components above a `CertificateIssuer` of it instead.
 */
export class Certificates extends pulumi.ComponentResource {
  /** Signs for any name, with the guild's authority. */
  readonly own: CertificateIssuer;
  /** Signs for names that people open: with ACME, so that nobody has to trust anything, else `own`. */
  readonly open: CertificateIssuer;

  constructor(name: string, args: CertificatesArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "guildnet:index:Certificates",
      name,
      { reaches: "nobody; renewals wait" },
      transformed(name, args.transform, opts),
    );
    const place = ownNamespace(
      name,
      { app: "cert-manager", namespace: certManager.namespace, level: "restricted" },
      this,
    );
    const settings = {
      controller: controllerSettings({ acme: args.acme !== undefined }),
      webhook: webhookSettings(),
      cainjector: cainjectorSettings(),
    };
    const settingsMap = new k8s.core.v1.ConfigMap(
      `${name}-settings`,
      {
        metadata: metaIn(place, "settings"),
        data: Object.fromEntries(programs.map((program) => [`${program}.json`, JSON.stringify(settings[program])])),
      },
      { parent: this },
    );
    const definitions = new UpstreamManifest(
      `${name}-definitions`,
      { kubeconfig: args.cluster.kubeconfig, source: manifests.certManager, path: args.definitions },
      { parent: this },
    );
    const { accounts, bindings } = programAccounts(name, place.namespace, { acme: args.acme !== undefined }, this);
    // Without them the controller ends, to be tried again later and later.
    const before = [
      definitions,
      ...bindings,
      ...networkPolicies(place, certManagerReach({ endpoint: args.cluster.endpoint, acme: args.acme !== undefined })),
    ];
    const running = programs.map(
      (program) =>
        new k8s.apps.v1.Deployment(
          `${name}-${program}`,
          {
            metadata: metaIn(place, `cert-manager-${program}`, acceptedOfCertManager[program]),
            spec: certManagerDeployment(program, {
              image: args.images?.[program] ?? images.certManager[program],
              serviceAccount: accounts[program].metadata.name,
              settings: settingsMap.metadata.name,
              settingsVersion: contentVersion(JSON.stringify(settings[program])),
              priorityClass: args.priorityClass,
            }),
          },
          { parent: this, dependsOn: before },
        ),
    );
    const asked = webhook(place);
    const answers = new DryRun(
      `${name}-answers`,
      {
        kubeconfig: args.cluster.kubeconfig,
        object: {
          apiVersion: API_VERSION,
          kind: "ClusterIssuer",
          metadata: { name: ISSUER },
          spec: { selfSigned: {} },
        },
      },
      { parent: this, dependsOn: [definitions, ...running, ...asked] },
    );

    const authority = tlsSecret(place, "authority", args.authority, "guildnet-");
    this.own = {
      kind: "ClusterIssuer",
      caCertificate: args.authority.certificatePem,
      name: issuer(place, "issuer", ISSUER, { ca: { secretName: authority } }, answers),
    };
    this.open =
      args.acme === undefined ? this.own : { kind: "ClusterIssuer", name: acmeIssuer(place, args.acme, answers) };
    this.registerOutputs({ own: this.own.name, open: this.open.name });
  }
}

function issuer(
  { name, parent }: Place,
  suffix: string,
  objectName: string,
  spec: object,
  answers: DryRun,
): pulumi.Output<string> {
  return new k8s.apiextensions.CustomResource(
    `${name}-${suffix}`,
    {
      apiVersion: API_VERSION,
      kind: "ClusterIssuer",
      spec,
      metadata: objectMeta({
        name: objectName,
        labels: appLabels("cert-manager"),
        annotations: { "pulumi.com/waitFor": "condition=Ready" },
      }),
    },
    { parent, dependsOn: [answers] },
  ).metadata.name;
}

function acmeIssuer(place: Place, acme: AcmeArgs, answers: DryRun): pulumi.Output<string> {
  const { metadata } = new k8s.core.v1.Secret(
    `${place.name}-dns-token`,
    {
      metadata: metaIn(place, "guildnet-dns-token"),
      type: "Opaque",
      stringData: { token: pulumi.secret(acme.token) },
    },
    { parent: place.parent },
  );
  return issuer(
    place,
    "acme-issuer",
    ACME_ISSUER,
    acmeIssuerSpec(acme, { name: metadata.name, key: "token" }),
    answers,
  );
}

/** What the API server asks before it takes an object of cert-manager's. Its authority is written in by the cainjector, which owns that field. */
function webhook(place: Place): pulumi.Resource[] {
  const service = new k8s.core.v1.Service(
    `${place.name}-service`,
    {
      metadata: metaIn(place, certManager.webhook, unawaited),
      spec: {
        selector: appSelector(certManager.webhook),
        ports: [{ name: "https", port: 443, targetPort: WEBHOOK_PORT, protocol: "TCP" }],
      },
    },
    { parent: place.parent },
  );
  const metadata = objectMeta({
    name: certManager.webhook,
    labels: appLabels("cert-manager"),
    annotations: {
      "cert-manager.io/inject-ca-from-secret": `${certManager.namespace}/${certManager.webhookAuthority}`,
    },
  });
  const asked = (path: string) => ({
    name: "webhook.cert-manager.io",
    admissionReviewVersions: ["v1"],
    matchPolicy: "Equivalent",
    failurePolicy: "Fail",
    sideEffects: "None",
    timeoutSeconds: 10,
    clientConfig: { service: { name: service.metadata.name, namespace: place.namespace, path } },
  });
  const { parent } = place;
  return [
    new k8s.admissionregistration.v1.ValidatingWebhookConfiguration(
      `${place.name}-validation`,
      {
        metadata,
        webhooks: [
          {
            ...asked("/validate"),
            rules: [
              {
                apiGroups: ["cert-manager.io", "acme.cert-manager.io"],
                apiVersions: ["v1"],
                operations: ["CREATE", "UPDATE"],
                resources: ["*/*"],
              },
            ],
          },
        ],
      },
      { parent },
    ),
    new k8s.admissionregistration.v1.MutatingWebhookConfiguration(
      `${place.name}-mutation`,
      {
        metadata,
        webhooks: [
          {
            ...asked("/mutate"),
            rules: [
              {
                apiGroups: ["cert-manager.io"],
                apiVersions: ["v1"],
                operations: ["CREATE"],
                resources: ["certificaterequests"],
              },
            ],
          },
        ],
      },
      { parent },
    ),
  ];
}

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { accepted } from "../kube/accepted-findings.ts";
import { addressIn } from "../kube/cidr.ts";
import { appLabels, podSecurityLabels } from "../kube/labels.ts";
import { objectMeta, unawaited } from "../kube/metadata.ts";
import { API_PORTS } from "../kube/network-policies.ts";
import { networkPolicy, tcp, udp } from "../kube/network-policy.ts";
import type { Policy } from "../kube/network-policy.ts";
import { restrictedContainer, restrictedPod } from "../kube/restricted.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";

/** What `transform` changes. */
export interface ClusterDnsChildren {
  namespace: k8s.core.v1.NamespacePatchArgs;
  account: k8s.core.v1.ServiceAccountArgs;
  role: k8s.rbac.v1.ClusterRoleArgs;
  binding: k8s.rbac.v1.ClusterRoleBindingArgs;
  config: k8s.core.v1.ConfigMapArgs;
  network: k8s.networking.v1.NetworkPolicyArgs;
  deployment: k8s.apps.v1.DeploymentArgs;
  service: k8s.core.v1.ServiceArgs;
}

export interface ClusterDnsArgs {
  /** CoreDNS image. */
  image: pulumi.Input<string>;
  /** Addresses of Services; DNS answers at the tenth, where kubelets point pods to. */
  serviceCidr: string;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<ClusterDnsChildren>;
}

const NAMESPACE = "kube-system";
/** What CoreDNS' manifests have called it since kube-dns; other tools look for these names. */
const SELECTOR = { "k8s-app": "kube-dns" };
/** Above 1023, so that the pod needs no capability; the Service maps 53 to it. */
export const DNS_POD_PORT = 1053;

/** Names of Services and pods, answered inside the cluster; all others are forwarded to the node's resolver. */
export class ClusterDns extends pulumi.ComponentResource {
  /** Address pods ask. */
  readonly address: string;

  constructor(name: string, args: ClusterDnsArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "guildnet:index:ClusterDns",
      name,
      { reaches: "everybody: names in the cluster are not found for some seconds" },
      transformed(name, args.transform, opts),
    );
    this.address = addressIn(args.serviceCidr, 10);
    restrictNamespace(name, this);
    const account = readerAccount(name, this);
    const config = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      {
        metadata: meta("coredns"),
        data: { Corefile: corefile("cluster.local") },
      },
      { parent: this },
    );
    const guard = networkPolicy(`${name}-network`, meta("coredns"), reach, { parent: this });
    new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: meta(
          "coredns",
          accepted({
            "single-replica": "the cluster has one node, and with it everybody who asks",
            "api-token": "it answers from what the API server tells it",
          }),
        ),
        spec: deploymentSpec(args.image, account.metadata.name, config.metadata.name),
      },
      { parent: this, dependsOn: [guard] },
    );
    new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata: objectMeta({
          name: "kube-dns",
          namespace: NAMESPACE,
          labels: { ...appLabels("coredns"), ...SELECTOR },
          // Its address is fixed and nothing waits for it: the pods' own readiness says enough.
          annotations: unawaited,
        }),
        spec: {
          clusterIP: this.address,
          selector: SELECTOR,
          ports: [
            { name: "dns", port: 53, protocol: "UDP", targetPort: "dns" },
            { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: "dns-tcp" },
          ],
        },
      },
      { parent: this },
    );
    this.registerOutputs({ address: this.address });
  }
}

function meta(name: string, annotations: Record<string, string> = {}) {
  return objectMeta({ name, namespace: NAMESPACE, labels: { ...appLabels("coredns"), ...SELECTOR }, annotations });
}

/** kube-system is made by Kubernetes without a Pod Security level. */
function restrictNamespace(name: string, parent: ClusterDns): void {
  new k8s.core.v1.NamespacePatch(
    `${name}-namespace`,
    {
      metadata: objectMeta({ name: NAMESPACE, labels: podSecurityLabels("restricted") }),
    },
    { parent },
  );
}

/** In: whoever asks. Out: to the API server, and to the resolvers of the node, which may be anywhere. */
const reach: Policy = {
  pods: SELECTOR,
  from: [{ ports: [...udp(DNS_POD_PORT), ...tcp(DNS_POD_PORT)] }],
  to: [{ ports: [...udp(53), ...tcp(53), ...tcp(...API_PORTS)] }],
};

/** A ServiceAccount that may read what CoreDNS answers from. */
function readerAccount(name: string, parent: ClusterDns): k8s.core.v1.ServiceAccount {
  const account = new k8s.core.v1.ServiceAccount(
    `${name}-account`,
    {
      metadata: meta("coredns"),
      automountServiceAccountToken: false,
    },
    { parent },
  );
  const role = new k8s.rbac.v1.ClusterRole(
    `${name}-role`,
    {
      metadata: objectMeta({ name: "system:coredns", labels: appLabels("coredns") }),
      rules: [
        { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: ["list", "watch"] },
        { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
      ],
    },
    { parent },
  );
  new k8s.rbac.v1.ClusterRoleBinding(
    `${name}-binding`,
    {
      metadata: objectMeta({ name: "system:coredns", labels: appLabels("coredns") }),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
      subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: NAMESPACE }],
    },
    { parent },
  );
  return account;
}

/** CoreDNS' settings for a cluster domain. See https://coredns.io/plugins/kubernetes/ */
export function corefile(domain: string): string {
  const plugins = [
    "errors",
    "health :8080",
    "ready :8181",
    `kubernetes ${domain} in-addr.arpa ip6.arpa {\n        ttl 30\n    }`,
    "forward . /etc/resolv.conf",
    "cache 30",
    "loop",
    "reload",
    "loadbalance",
  ];
  return `.:${DNS_POD_PORT} {\n${plugins.map((plugin) => `    ${plugin}\n`).join("")}}\n`;
}

function deploymentSpec(
  image: pulumi.Input<string>,
  account: pulumi.Input<string>,
  config: pulumi.Input<string>,
): k8s.types.input.apps.v1.DeploymentSpec {
  return {
    replicas: 1,
    selector: { matchLabels: SELECTOR },
    template: {
      metadata: { labels: { ...appLabels("coredns"), ...SELECTOR } },
      spec: {
        serviceAccountName: account,
        automountServiceAccountToken: true,
        enableServiceLinks: false,
        priorityClassName: "system-cluster-critical",
        // The node's resolver, not the one it is itself.
        dnsPolicy: "Default",
        securityContext: restrictedPod(65532),
        containers: [
          {
            name: "coredns",
            image,
            imagePullPolicy: "IfNotPresent",
            args: ["-conf", "/etc/coredns/Corefile"],
            securityContext: restrictedContainer,
            ports: [
              { name: "dns", containerPort: DNS_POD_PORT, protocol: "UDP" },
              { name: "dns-tcp", containerPort: DNS_POD_PORT, protocol: "TCP" },
            ],
            resources: {
              requests: { cpu: "50m", memory: "64Mi", "ephemeral-storage": "16Mi" },
              limits: { cpu: "1", memory: "170Mi", "ephemeral-storage": "64Mi" },
            },
            readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 1, failureThreshold: 30 },
            livenessProbe: {
              httpGet: { path: "/health", port: 8080 },
              initialDelaySeconds: 30,
              periodSeconds: 10,
              failureThreshold: 5,
            },
            volumeMounts: [{ name: "config", mountPath: "/etc/coredns", readOnly: true }],
          },
        ],
        volumes: [{ name: "config", configMap: { name: config, items: [{ key: "Corefile", path: "Corefile" }] } }],
      },
    },
  };
}

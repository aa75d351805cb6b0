import { core, guildAuthority, policy, rbac } from "../testing/cases.ts";
import { holdsToContract } from "../testing/contract.ts";
import { Certificates } from "./certificates.ts";

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

holdsToContract([
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
]);

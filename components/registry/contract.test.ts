import { attachedToWorkspace, core, guildAuthority, issued, issuer, policy, rbac } from "../testing/cases.ts";
import { holdsToContract } from "../testing/contract.ts";
import { registryAttachment } from "./attachment.ts";
import { registryHost, registryIdentity } from "./identity.ts";
import { Registry } from "./registry.ts";

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

holdsToContract([
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
  attachedToWorkspace(
    () => registryAttachment({ host: registryHost, identity: registryIdentity, caCertificate: "CA CERTIFICATE" }),
    {
      attached: "Registry",
      children: [
        "guildnet:index:RandomSecret registry-password",
        core("Secret", "registry-access"),
        core("ConfigMap", "registry-authority"),
        rbac("Role", "registry-role"),
        rbac("RoleBinding", "registry-binding"),
        policy("to-registry"),
      ],
      canaries: ["random of it-registry-password", Buffer.from("it:random of it-registry-password").toString("base64")],
    },
  ),
]);

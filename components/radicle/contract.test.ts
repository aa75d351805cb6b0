import {
  attachedToWorkspace,
  bus,
  busChildren,
  core,
  guildAuthority,
  issued,
  issuer,
  policy,
  rbac,
} from "../testing/cases.ts";
import { holdsToContract } from "../testing/contract.ts";
import { radicleAttachment } from "./attachment.ts";
import { keySeed, radicleHost, radicleIdentity } from "./identity.ts";
import { RadicleSeed } from "./radicle-seed.ts";

const radicleChildren = [
  "guildnet:index:RandomSecret identity-key",
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

holdsToContract([
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
    outputs: ["image", "caCertificate", "identityKey"],
    secret: ["identityKey"],
    canaries: ["CA KEY", "KEY", "random of it-identity-key"],
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
          events: bus,
          routers: "subnet-router",
        },
        { provider: on() },
      ),
    children: [...radicleChildren, issued("certificate"), ...busChildren, policy("from-routers")],
    outputs: ["image", "caCertificate", "identityKey"],
    secret: ["identityKey"],
    canaries: ["credentials of it-events-identity"],
  },
  attachedToWorkspace(
    () =>
      radicleAttachment({
        image: "example.org/radicle:1",
        host: radicleHost,
        identity: radicleIdentity,
        caCertificate: "CA CERTIFICATE",
        identityKey: "IDENTITY KEY",
      }),
    {
      attached: "Radicle",
      children: [
        "guildnet:index:RandomSecret radicle-passphrase",
        "guildnet:index:RandomSecret radicle-password",
        core("Secret", "radicle-key"),
        core("Secret", "radicle-access"),
        core("ConfigMap", "radicle-authority"),
        rbac("Role", "radicle-role"),
        rbac("RoleBinding", "radicle-binding"),
        policy("to-radicle"),
      ],
      canaries: [
        "random of it-radicle-passphrase",
        "random of it-radicle-password",
        keySeed("IDENTITY KEY", "it", "ada"),
      ],
    },
  ),
]);

import * as pulumi from "@pulumi/pulumi";
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
import type { Case } from "../testing/contract.ts";
import { tunnelIdentity } from "../tunnel/identity.ts";
import { Portal } from "./portal.ts";
import type { PortalArgs } from "./portal.ts";
import { toolsAttachment, toolsToken } from "./tools.ts";

const portalChildren = [
  core("Namespace", "namespace"),
  "guildnet:index:RandomSecret sign-in-key",
  "guildnet:index:RandomSecret session-key",
  core("ServiceAccount", "account"),
  rbac("ClusterRole", "role"),
  rbac("ClusterRoleBinding", "binding"),
  core("ConfigMap", "sign-outs"),
  core("ConfigMap", "people"),
  rbac("Role", "sign-outs-role"),
  rbac("RoleBinding", "sign-outs-binding"),
  policy("deny-all"),
  policy("from-browsers"),
  policy("to-dns"),
  policy("to-workspaces"),
  policy("to-api-server"),
  core("Secret", "keys"),
  "kubernetes:apps/v1:Deployment deployment",
  core("Service", "service"),
];

const TOOLS_KEY = Buffer.from("the key of the tools").toString("base64url");

/** Its certificate is the guild's, renewed, unless told otherwise. */
function portalWith(
  args: Partial<PortalArgs>,
  {
    children = [issued("certificate")],
    canaries = ["random of it-"],
  }: Partial<Pick<Case, "children" | "canaries">> = {},
): Case {
  return {
    component: "Portal",
    make: (on, transform) =>
      new Portal(
        "it",
        {
          transform,
          image: "example.org/portal:1",
          endpoint: "https://10.0.0.1:6443",
          people: ["ada"],
          admins: ["ada"],
          authority: guildAuthority,
          issuer,
          ...args,
        },
        { provider: on() },
      ),
    children: [...portalChildren, ...children],
    outputs: ["url", "caCertificate", "signInKey"],
    secret: ["signInKey"],
    canaries,
  };
}

holdsToContract([
  portalWith(
    { authority: undefined, issuer: undefined },
    {
      children: [
        "guildnet:index:CertificateAuthority authority",
        "guildnet:index:Certificate certificate",
        core("Secret", "tls"),
      ],
      canaries: ["random of it-", "CA KEY", "KEY"],
    },
  ),
  portalWith({}),
  portalWith(
    { events: bus },
    {
      children: [issued("certificate"), ...busChildren],
      canaries: ["random of it-", "credentials of it-events-identity", "SYSTEM CREDENTIALS", "OPERATOR SEED"],
    },
  ),
  portalWith(
    {
      pages: [
        {
          ...{ label: "notes", title: "Notes", host: "notes.guildnet-notes.svc", audience: "guildnet-notes" },
          pods: { app: "notes", namespace: "guildnet-notes", port: 8443 },
          key: pulumi.secret("KEY OF STATEMENTS"),
          keyVersion: "1",
          caCertificate: "CA CERTIFICATE",
        },
      ],
    },
    {
      children: [issued("certificate"), core("Secret", "pages"), policy("to-notes")],
      canaries: ["random of it-", "KEY OF STATEMENTS"],
    },
  ),
  ...[undefined, issuer].map((signs) =>
    portalWith(
      { tools: { authority: guildAuthority, issuer: signs } },
      {
        children: [
          issued("certificate"),
          "guildnet:index:RandomSecret tools-key",
          "kubernetes:networking.k8s.io/v1:NetworkPolicy tools-network-from-workspaces",
          core("Service", "tools-service"),
          ...(signs === undefined
            ? ["guildnet:index:Certificate tools-certificate", core("Secret", "tools-tls")]
            : [issued("tools-certificate")]),
        ],
        canaries: ["random of it-tools-key"],
      },
    ),
  ),
  ...[undefined, issuer].map((signs) =>
    portalWith(
      {
        published: {
          publications: [{ host: "hello.example.org", label: "hello", until: "2026-12-25T00:00:00Z" }],
          tunnel: tunnelIdentity,
          issuer: signs,
        },
      },
      {
        children: [
          issued("certificate"),
          core("ConfigMap", "published-list"),
          "kubernetes:networking.k8s.io/v1:NetworkPolicy published-network-from-tunnel",
          core("Service", "published-service"),
          ...(signs === undefined
            ? [
                "guildnet:index:CertificateAuthority published-authority",
                "guildnet:index:Certificate published-certificate",
                core("Secret", "published-tls"),
              ]
            : [issued("published-certificate")]),
        ],
      },
    ),
  ),
  attachedToWorkspace(() => toolsAttachment({ key: TOOLS_KEY }), {
    attached: "Tools",
    children: [core("Secret", "tools-access"), policy("to-tools")],
    canaries: [toolsToken(TOOLS_KEY, "it", "ada").split(".")[1] ?? ""],
  }),
]);

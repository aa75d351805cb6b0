import * as pulumi from "@pulumi/pulumi";
import { core, policy } from "../testing/cases.ts";
import { holdsToContract } from "../testing/contract.ts";
import type { Case } from "../testing/contract.ts";
import { PublicTunnel } from "./public-tunnel.ts";
import { TunnelServer } from "./tunnel-server.ts";

holdsToContract([
  ...(["frp", "cloudflare"] as const).map((kind): Case => ({
    component: "PublicTunnel",
    make: (on, transform) =>
      new PublicTunnel(
        "it",
        {
          transform,
          to:
            kind === "frp"
              ? { kind, server: "tunnel.example.org", caCertificate: "CERTIFICATE OF THE SERVER" }
              : { kind },
          token: pulumi.secret("TOKEN CANARY"),
          hosts: ["hello.example.org"],
          end: {
            host: "published.guildnet-portal.svc",
            port: 8445,
            pods: { namespace: "guildnet-portal", app: "portal" },
            caCertificate: "CA CERTIFICATE",
          },
          image: "example.org/tunnel:1",
        },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      policy("deny-all"),
      policy("to-dns"),
      policy("to-server"),
      policy("to-published"),
      core("ServiceAccount", "account"),
      core("ConfigMap", "settings"),
      core("Secret", "token"),
      "guildnet:index:RandomSecret salt",
      "kubernetes:apps/v1:Deployment deployment",
    ],
    outputs: [],
    secret: [],
    canaries: ["TOKEN CANARY"],
  })),
  {
    component: "TunnelServer",
    make: (_, transform) =>
      new TunnelServer("it", { transform, host: "ssh://root@192.0.2.1", hostname: "tunnel.example.org" }),
    children: [
      "guildnet:index:CertificateAuthority authority",
      "guildnet:index:Certificate certificate",
      "guildnet:index:RandomSecret secret",
      "pulumi:providers:docker docker",
      "docker:index/remoteImage:RemoteImage image",
      "docker:index/container:Container container",
    ],
    outputs: ["token", "caCertificate"],
    secret: ["token"],
    canaries: ["random of it-secret", "CA KEY", "KEY"],
  },
]);

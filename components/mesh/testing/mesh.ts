import * as pulumi from "@pulumi/pulumi";
import { HeadscalePreAuthKey } from "../../../provider/sdk/index.ts";
import type { Mesh } from "../mesh.ts";
import { guildPolicy } from "../policy.ts";

/** A server's network and authority, for tests. */
export const network = {
  hostname: "headscale.guild.example.org",
  port: 8092,
  baseDomain: "mesh.guildnet.internal",
  authority: { certificatePem: "AUTHORITY CERTIFICATE", privateKeyPem: pulumi.secret("AUTHORITY KEY") },
  people: ["ada"],
  policy: guildPolicy({ people: ["ada"], destinations: [], routes: ["10.96.0.0/16"] }),
};

/** A mesh that is no component of ours: a plain object does. */
export const plainMesh: Mesh = {
  kind: "existing",
  loginServer: "https://mesh.example.org:8092",
  baseDomain: "mesh.guildnet.internal",
  caCertificate: "AUTHORITY CERTIFICATE",
  hostAliases: [{ ip: "10.96.3.6", hostnames: ["mesh.example.org"] }],
  authKey: (name, { tags, reusable }, opts) =>
    new HeadscalePreAuthKey(
      name,
      {
        server: { url: "https://mesh.example.org:8092", apiKey: "key" },
        userId: "1",
        tags,
        reusable,
        expirationHours: 1,
      },
      opts,
    ).key,
};

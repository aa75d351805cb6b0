import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { RandomSecret } from "../../provider/sdk/index.ts";
import type { WorkspaceAttachment } from "../kube/attachment.ts";
import { metaIn } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import { mayReadSecret } from "../kube/secret-reader.ts";
import type { Transforms } from "../kube/transform.ts";
import { keySeed } from "./identity.ts";
import type { RadicleAccess } from "./identity.ts";
import { toRadicle } from "./reach.ts";

const FOLDER = "/etc/guildnet/radicle";

/** The Secret that the seed reads in a workspace's namespace. */
const ACCESS = "radicle-access";

const PROGRAMS = ["rad", "radicle-node", "git-remote-rad"];

/** What `transform` changes in each workspace. */
export interface RadicleAttachmentChildren {
  "radicle-key": k8s.core.v1.SecretArgs;
  "radicle-access": k8s.core.v1.SecretArgs;
  "radicle-authority": k8s.core.v1.ConfigMapArgs;
  "radicle-role": k8s.rbac.v1.RoleArgs;
  "radicle-binding": k8s.rbac.v1.RoleBindingArgs;
}

export interface RadicleAttachmentArgs {
  /** Raising it gives every workspace another password to say with who it is, and ends the old ones. @default 1 */
  passwordGeneration?: number;
  /** Changes what it makes. @default none */
  transform?: Transforms<RadicleAttachmentChildren>;
}

/**
 * Radicle in a workspace, with nothing to set up: `rad`, git's helper and a node that is connected to the seed. The
 * person's key is made in their home at its first start, under a passphrase that is in a Secret alone, and is the same
 * where the home or the workspace is made anew.
 */
export function radicleAttachment(
  seed: RadicleAccess,
  { passwordGeneration = 1, transform }: RadicleAttachmentArgs = {},
): WorkspaceAttachment {
  return {
    name: "radicle",
    transform,
    attach: (workspace, owner) => {
      const access = accessSecret(workspace, owner, passwordGeneration);
      const key = keySecret(workspace, owner, seed),
        passphrase = { secret: key, key: "passphrase" };
      mayReadSecret(workspace, "radicle", ACCESS, seed.identity);
      return {
        environment: { GUILDNET_RADICLE: seed.host },
        secretDefaults: { RAD_PASSPHRASE: passphrase },
        files: [
          { name: "radicle-access", folder: `${FOLDER}/access`, from: { secret: access, only: ["password"] } },
          { name: "radicle-authority", folder: `${FOLDER}/authority`, from: { configMap: authority(workspace, seed) } },
        ],
        programs: [
          { name: "radicle-programs", image: seed.image, paths: PROGRAMS.map((name) => `/usr/local/bin/${name}`) },
        ],
        companions: [
          {
            name: "radicle",
            image: seed.image,
            command: ["tini", "--", "/usr/lib/guildnet/radicle/workspace"],
            environment: { GUILDNET_RADICLE: seed.host },
            secretEnvironment: {
              RAD_PASSPHRASE: passphrase,
              GUILDNET_RADICLE_IDENTITY: { secret: key, key: "seed" },
            },
            files: ["radicle-access", "radicle-authority"],
            // git unpacks what is fetched in it.
            size: { cpu: "1", memory: "512Mi", reserved: { cpu: "10m", memory: "32Mi" } },
          },
        ],
        reach: { "to-radicle": toRadicle(seed.identity) },
      };
    },
  };
}

/** Children `<workspace>-radicle-passphrase` and `-key`. Nobody but the workspace reads it. @returns the Secret's name */
function keySecret(
  workspace: Place,
  owner: pulumi.Input<string>,
  { identityKey }: RadicleAccess,
): pulumi.Output<string> {
  const { name, parent } = workspace;
  const { value } = new RandomSecret(`${name}-radicle-passphrase`, {}, { parent });
  const seed = pulumi.all([identityKey, owner]).apply(([key, whose]) => keySeed(key, name, whose));
  return new k8s.core.v1.Secret(
    `${name}-radicle-key`,
    {
      metadata: metaIn(workspace, "radicle-key"),
      stringData: { passphrase: pulumi.secret(value), seed: pulumi.secret(seed) },
    },
    { parent },
  ).metadata.name;
}

/** Children `<workspace>-radicle-password` and `-access`. @returns the Secret's name */
function accessSecret(workspace: Place, owner: pulumi.Input<string>, generation: number): pulumi.Output<string> {
  const { name, parent } = workspace;
  // One of another length is another one.
  const { value } = new RandomSecret(`${name}-radicle-password`, { bytes: 31 + generation }, { parent });
  return new k8s.core.v1.Secret(
    `${name}-radicle-access`,
    { metadata: metaIn(workspace, ACCESS), stringData: { password: pulumi.secret(value), owner } },
    { parent },
  ).metadata.name;
}

/** Child `<workspace>-radicle-authority`. @returns the ConfigMap's name */
function authority(workspace: Place, { caCertificate }: RadicleAccess): pulumi.Output<string> {
  return new k8s.core.v1.ConfigMap(
    `${workspace.name}-radicle-authority`,
    { metadata: metaIn(workspace, "radicle-authority"), data: { "ca.crt": caCertificate } },
    { parent: workspace.parent },
  ).metadata.name;
}

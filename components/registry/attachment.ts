import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { RandomSecret } from "../../provider/sdk/index.ts";
import type { WorkspaceAttachment } from "../kube/attachment.ts";
import { metaIn } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import { mayReadSecret } from "../kube/secret-reader.ts";
import type { Transforms } from "../kube/transform.ts";
import type { RegistryAccess } from "./identity.ts";
import { toRegistry } from "./reach.ts";

/** Where the clients that push images look for their credentials and for authorities. */
const CREDENTIALS = "/etc/guildnet/registry";
const AUTHORITIES = "/etc/containers/certs.d";

/** What `transform` changes in each workspace. */
export interface RegistryAttachmentChildren {
  "registry-access": k8s.core.v1.SecretArgs;
  "registry-authority": k8s.core.v1.ConfigMapArgs;
  "registry-role": k8s.rbac.v1.RoleArgs;
  "registry-binding": k8s.rbac.v1.RoleBindingArgs;
}

/**
 * Lets a workspace push, below its own name. The token server reads the password in the workspace's
 * namespace, by a right that the workspace gives it, so that one workspace more changes nothing of
 * the registry, and one that is gone pushes no more.
 */
export function registryAttachment(
  registry: RegistryAccess,
  { transform }: { transform?: Transforms<RegistryAttachmentChildren> } = {},
): WorkspaceAttachment {
  const { host, identity } = registry;
  return {
    name: "registry",
    transform,
    attach: (workspace) => {
      const { secret, authority } = access(workspace, registry);
      return {
        environment: { GUILDNET_REGISTRY: `${host}/${workspace.name}` },
        defaults: { REGISTRY_AUTH_FILE: `${CREDENTIALS}/config.json`, DOCKER_CONFIG: CREDENTIALS },
        files: [
          { name: "registry-access", folder: CREDENTIALS, from: { secret, only: ["config.json"] } },
          { name: "registry-authority", folder: `${AUTHORITIES}/${host}`, from: { configMap: authority } },
        ],
        reach: { "to-registry": toRegistry(identity) },
      };
    },
  };
}

/** Children `<workspace>-registry-…`. @returns names of the objects that are mounted */
function access(
  workspace: Place,
  { host, caCertificate, identity }: RegistryAccess,
): { secret: pulumi.Output<string>; authority: pulumi.Output<string> } {
  const { name, parent } = workspace;
  const password = new RandomSecret(`${name}-registry-password`, {}, { parent });
  const secret = new k8s.core.v1.Secret(
    `${name}-registry-access`,
    {
      metadata: metaIn(workspace, "registry-access"),
      stringData: pulumi
        .secret(password.value)
        .apply((value) => ({ password: value, "config.json": credentialsFile(host, name, value) })),
    },
    { parent },
  );
  const authority = new k8s.core.v1.ConfigMap(
    `${name}-registry-authority`,
    {
      metadata: metaIn(workspace, "registry-authority"),
      data: { "ca.crt": caCertificate },
    },
    { parent },
  );
  mayReadSecret(workspace, "registry", "registry-access", identity);
  return { secret: secret.metadata.name, authority: authority.metadata.name };
}

/** Credentials as every client reads them: containers' own tools, Docker, crane. */
export function credentialsFile(host: string, workspace: string, password: string): string {
  return JSON.stringify({ auths: { [host]: { auth: Buffer.from(`${workspace}:${password}`).toString("base64") } } });
}

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { RandomSecret } from "../../provider/sdk/index.ts";
import type { RegistryAccess } from "../registry/identity.ts";
import type { MetaArgs } from "../kube/metadata.ts";

/** Where the clients that push images look for their credentials and for authorities. */
const CREDENTIALS = "/etc/guildnet/registry";
const AUTHORITIES = "/etc/containers/certs.d";

/** What of the registry a workspace's pod is given. */
export interface RegistryMount {
  /** Prefix of the references it may push to, for instance "registry.guildnet-registry.svc/ada". */
  prefix: string;
  host: string;
  /** Names of the objects it refers to. */
  secret: pulumi.Input<string>;
  authority: pulumi.Input<string>;
}

/** Credentials as every client reads them: containers' own tools, Docker, crane. */
export function credentialsFile(host: string, workspace: string, password: string): string {
  return JSON.stringify({ auths: { [host]: { auth: Buffer.from(`${workspace}:${password}`).toString("base64") } } });
}

/**
 * What lets a workspace push: children `<id>-registry-…`. The token server reads the password
 * here, by a right that the workspace gives it, so that one workspace more changes nothing of
 * the registry, and one that is gone pushes no more.
 * @param meta metadata of an object of the workspace
 */
export function registryMount(id: string, registry: RegistryAccess, meta: (name: string) => MetaArgs, parent: pulumi.Resource): RegistryMount {
  const password = new RandomSecret(`${id}-registry-password`, {}, { parent });
  const secret = new k8s.core.v1.Secret(`${id}-registry-access`, {
    metadata: meta("registry-access"),
    stringData: pulumi.secret(password.value).apply((value) => ({ password: value, "config.json": credentialsFile(registry.host, id, value) })),
  }, { parent });
  const authority = new k8s.core.v1.ConfigMap(`${id}-registry-authority`, {
    metadata: meta("registry-authority"), data: { "ca.crt": registry.caCertificate },
  }, { parent });
  const role = new k8s.rbac.v1.Role(`${id}-registry-role`, {
    metadata: meta("registry"),
    rules: [{ apiGroups: [""], resources: ["secrets"], resourceNames: ["registry-access"], verbs: ["get"] }],
  }, { parent });
  new k8s.rbac.v1.RoleBinding(`${id}-registry-binding`, {
    metadata: meta("registry"),
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
    subjects: [{ kind: "ServiceAccount", name: registry.identity.serviceAccount, namespace: registry.identity.namespace }],
  }, { parent });
  return { prefix: `${registry.host}/${id}`, host: registry.host, secret: secret.metadata.name, authority: authority.metadata.name };
}

/** Variables by which clients find them; a person may set their own. */
export const clientEnvironment = { REGISTRY_AUTH_FILE: `${CREDENTIALS}/config.json`, DOCKER_CONFIG: CREDENTIALS };

export function registryVolumeMounts({ host }: RegistryMount): k8s.types.input.core.v1.VolumeMount[] {
  return [
    { name: "registry-access", mountPath: CREDENTIALS, readOnly: true },
    { name: "registry-authority", mountPath: `${AUTHORITIES}/${host}`, readOnly: true },
  ];
}

export function registryVolumes({ secret, authority }: RegistryMount): k8s.types.input.core.v1.Volume[] {
  return [
    { name: "registry-access", secret: { secretName: secret, items: [{ key: "config.json", path: "config.json" }], defaultMode: 0o440 } },
    { name: "registry-authority", configMap: { name: authority } },
  ];
}

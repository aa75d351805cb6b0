import * as pulumi from "@pulumi/pulumi";
import type { BackupSecrets } from "./systems/backup/layer.ts";
import type { GuildConfig } from "./schema.ts";
import type { Former } from "./survey/former.ts";
import { parseGuild } from "./check/parse.ts";

/** All that a stack is told from outside. */
export interface GuildSettings {
  config: GuildConfig;
  /** Text of the kubeconfig from the secret `guildnet:kubeconfig`. */
  kubeconfig?: pulumi.Output<string>;
  /** The secret `guildnet:meshApiKey`: what a mesh that is there already is spoken to with. */
  meshApiKey?: pulumi.Output<string>;
  /** The secret `guildnet:storageBackupKey`: of the key to the bucket that Longhorn's backups go to. */
  storageBackupKey?: pulumi.Output<string>;
  /** The secret `guildnet:dnsToken`: what records are written with that prove a domain to an ACME authority. */
  dnsToken?: pulumi.Output<string>;
  /** The secret `guildnet:proxyCredentials`: "user:password" for the proxy. */
  proxyCredentials?: pulumi.Output<string>;
  /** The secrets `guildnet:backup…`. */
  backup?: BackupSecrets;
}

/**
 * Reads the stack's config; the only place that does.
 * A secret is a key of its own: inside an object read as a whole it would lose its mark.
 * @param former what of the stack stays as it was
 * @throws ConfigError with every mistake at once
 */
export function readSettings(former?: Former): GuildSettings {
  const stack = new pulumi.Config("guildnet");
  const kubeconfig = stack.getSecret("kubeconfig");
  const meshApiKey = stack.getSecret("meshApiKey");
  const storageBackupKey = stack.getSecret("storageBackupKey");
  const dnsToken = stack.getSecret("dnsToken");
  const proxyCredentials = stack.getSecret("proxyCredentials");
  const backup: BackupSecrets = {
    key: stack.getSecret("backupKey"), accessKey: stack.getSecret("backupAccessKey"),
    secretKey: stack.getSecret("backupSecretKey"), serverPassword: stack.getSecret("backupServerPassword"),
  };
  const given = {
    kubeconfig: kubeconfig !== undefined, meshApiKey: meshApiKey !== undefined, storageBackupKey: storageBackupKey !== undefined, dnsToken: dnsToken !== undefined, proxyCredentials: proxyCredentials !== undefined,
    backupAccessKey: backup.accessKey !== undefined, backupSecretKey: backup.secretKey !== undefined, backupServerPassword: backup.serverPassword !== undefined,
  };
  return { config: parseGuild(readObject(stack), given, former), kubeconfig, meshApiKey, storageBackupKey, dnsToken, proxyCredentials, backup };
}

/** `guildnet:guild` as it stands; text that is no object is left to the schema to complain about. */
function readObject(stack: pulumi.Config): unknown {
  const text = stack.get("guild");
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

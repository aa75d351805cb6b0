import * as pulumi from "@pulumi/pulumi";
import { keyId, repositoryPassword } from "./key.ts";

/** Where a volume's snapshots go, and what opens it. */
export interface BackupRepository {
  /** As restic takes it, for instance "s3:https://s3.example.org/bucket/ws-ada". It may hold a password. */
  url: pulumi.Input<string>;
  /** What its contents are encrypted with; without it nobody can read them. */
  password: pulumi.Input<string>;
  /** PEM of the authority that signed the server's certificate. @default those the image knows */
  caCertificate?: pulumi.Input<string>;
  /** Credentials of an object store. */
  s3?: S3Credentials;
  /** What a job must reach. */
  reach: BackupReach;
}

export interface S3Credentials {
  accessKey: pulumi.Input<string>;
  secretKey: pulumi.Input<string>;
  /** @default the server's only or first one */
  region?: string;
}

/** The pods of a namespace, or a port of an address; undefined is any address, where it has a name. */
export type BackupReach = { app: string; namespace: string; port: number } | { address?: string; port: number };

/** Something that has a repository for each volume. `BackupServer` satisfies it; so do `s3Target` and `restTarget`. */
export interface BackupTarget {
  /** @param name of the volume's namespace */
  repository(name: string): BackupRepository;
}

export interface S3TargetArgs {
  /** Address of the server, for instance "https://s3.example.org". */
  endpoint: string;
  bucket: string;
  /** Folder in the bucket, without a slash at its ends. */
  prefix: string;
  credentials: S3Credentials;
  caCertificate?: string;
  /** What all passwords are made of. */
  key: pulumi.Input<string>;
}

/** Repositories in a bucket. Its credentials open all of them, but what is in each takes its own password to read. */
export function s3Target({ endpoint, bucket, prefix, credentials, caCertificate, key }: S3TargetArgs): BackupTarget {
  const base = `s3:${withoutSlash(endpoint)}/${bucket}/${prefix}`;
  return {
    repository: (name) => ({
      url: pulumi.output(key).apply((known) => `${base}/${name}/${keyId(known)}`),
      password: passwordOf(key, name),
      caCertificate,
      s3: credentials,
      reach: reachOf(endpoint),
    }),
  };
}

export interface RestTargetArgs {
  /** Address of the folder for this guild, for instance "https://backup.example.org:8000/lab". */
  url: string;
  user?: string;
  password?: pulumi.Input<string>;
  caCertificate?: string;
  /** What all passwords are made of. */
  key: pulumi.Input<string>;
}

/** Repositories at a restic REST server that is somebody else's. */
export function restTarget({ url, user, password, caCertificate, key }: RestTargetArgs): BackupTarget {
  return {
    repository: (name) => ({
      url: pulumi
        .all([key, password])
        .apply(([known, secret]) => `rest:${withUser(withoutSlash(url), user, secret)}/${name}/${keyId(known)}/`),
      password: passwordOf(key, name),
      caCertificate,
      reach: reachOf(url),
    }),
  };
}

/** The password of a volume's repository. */
export function passwordOf(key: pulumi.Input<string>, name: string): pulumi.Output<string> {
  return pulumi.secret(pulumi.output(key).apply((known) => repositoryPassword(known, name)));
}

/** An address with a user and password in it. */
export function withUser(address: string, user?: string, password?: string): string {
  const url = new URL(address);
  if (user !== undefined) url.username = encodeURIComponent(user);
  if (password !== undefined) url.password = encodeURIComponent(password);
  return withoutSlash(url.href);
}

/** What of the network a server at an address needs. A name may lead anywhere, and not to the same place tomorrow. */
export function reachOf(address: string): BackupReach {
  const { hostname, port, protocol } = new URL(address);
  const known = /^\d+\.\d+\.\d+\.\d+$/.test(hostname) ? hostname : undefined;
  return { address: known, port: port === "" ? (protocol === "http:" ? 80 : 443) : Number(port) };
}

function withoutSlash(address: string): string {
  return address.replace(/\/+$/, "");
}

/** Files of the secret that a volume's jobs mount, by the names that `filesEnvironment` tells restic. */
export function repositoryFiles({
  url,
  password,
  caCertificate,
  s3,
}: BackupRepository): pulumi.Output<Record<string, string>> {
  return pulumi.secret(pulumi.output({ url, password, caCertificate, s3 })).apply((known): Record<string, string> => ({
    repository: known.url,
    password: known.password,
    ...(known.caCertificate === undefined ? {} : { "ca.crt": known.caCertificate }),
    ...(known.s3 === undefined
      ? {}
      : {
          "s3-credentials": `[default]\naws_access_key_id=${known.s3.accessKey}\naws_secret_access_key=${known.s3.secretKey}\n`,
        }),
  }));
}

/** Where restic finds them. */
export function filesEnvironment({ caCertificate, s3 }: BackupRepository, folder: string): Record<string, string> {
  return {
    RESTIC_REPOSITORY_FILE: `${folder}/repository`,
    RESTIC_PASSWORD_FILE: `${folder}/password`,
    ...(caCertificate === undefined ? {} : { RESTIC_CACERT: `${folder}/ca.crt` }),
    ...(s3 === undefined ? {} : { AWS_SHARED_CREDENTIALS_FILE: `${folder}/s3-credentials` }),
    ...(s3?.region === undefined ? {} : { AWS_DEFAULT_REGION: s3.region }),
  };
}

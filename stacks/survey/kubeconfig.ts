import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { ConfigError } from "../check/mistakes.ts";

/** One cluster of a kubeconfig, and how to speak to it. Holds secrets. */
export interface Kubeconfig {
  /** The context alone, with the content of every file it named, as JSON. */
  text: string;
  server: string;
  /** What the kubeconfig calls the cluster. */
  clusterName: string;
  credentials: Credentials;
  /** What the cluster is known by for life, the UID of its kube-system namespace; undefined where it would not say. */
  identity?: string;
  /** Whether this very stack's guild is in it. */
  hasGuild?: boolean;
}

/** What a request to the API server needs; undefined `kind` where only kubectl could get it. */
export interface Credentials {
  ca?: string;
  serverName?: string;
  skipVerify: boolean;
  clientCertificate?: { cert: string; key: string };
  token?: string;
  /** What has to be run for credentials. */
  exec?: ExecCommand;
}

/** A command that prints credentials, as a kubeconfig names it. */
export interface ExecCommand {
  apiVersion: string;
  command: string;
  args: string[];
  env: { name: string; value: string }[];
}

const cluster = z.looseObject({
  server: z.url(),
  "certificate-authority": z.string().optional(),
  "certificate-authority-data": z.string().optional(),
  "insecure-skip-tls-verify": z.boolean().optional(),
  "tls-server-name": z.string().optional(),
});
const user = z.looseObject({
  "client-certificate": z.string().optional(),
  "client-certificate-data": z.string().optional(),
  "client-key": z.string().optional(),
  "client-key-data": z.string().optional(),
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  exec: z
    .looseObject({
      apiVersion: z.string().default("client.authentication.k8s.io/v1"),
      command: z.string(),
      args: z
        .array(z.string())
        .nullish()
        .transform((args) => args ?? []),
      env: z
        .array(z.object({ name: z.string(), value: z.string() }))
        .nullish()
        .transform((env) => env ?? []),
    })
    .optional(),
});
const named = <Key extends string, T>(key: Key, inner: z.ZodType<T>) =>
  z
    .array(z.looseObject({ name: z.string(), [key]: inner } as { name: z.ZodString } & Record<Key, z.ZodType<T>>))
    .default([]);

/** https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
const schema = z.looseObject({
  "current-context": z.string().optional(),
  clusters: named("cluster", cluster),
  users: named("user", user),
  contexts: named("context", z.looseObject({ cluster: z.string(), user: z.string() })),
});

/** Which key of the stack's config a kubeconfig came from, for messages. */
export type Source = "cluster.kubeconfigPath" | "guildnet:kubeconfig";

/** Text of a kubeconfig file. @throws ConfigError when it can't be read */
export function readKubeconfig(path: string): { text: string; directory: string } {
  const file = resolve(path.startsWith("~/") ? path.replace("~", homedir()) : path);
  try {
    return { text: readFileSync(file, "utf8"), directory: dirname(file) };
  } catch (error) {
    throw mistake(
      "cluster.kubeconfigPath",
      JSON.stringify(path),
      "a kubeconfig file that can be read",
      `check the path; reading ${file} said: ${(error as Error).message}`,
    );
  }
}

/**
 * Picks one context out of a kubeconfig and makes it stand alone.
 * @param directory that paths inside it are relative to
 * @throws ConfigError that names the key, and never shows the text
 */
export function parseKubeconfig(text: string, source: Source, directory: string, wanted?: string): Kubeconfig {
  const whole = schema.safeParse(parseYaml(text, source));
  if (!whole.success) {
    const issues = whole.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
    throw mistake(source, "text (not shown)", "a kubeconfig", `mend it: ${issues}`);
  }
  const { contexts, clusters, users } = whole.data;
  const names = contexts.map(({ name }) => name);
  const name = wanted ?? whole.data["current-context"];
  const context = contexts.find((entry) => entry.name === name)?.context;
  if (context === undefined) {
    throw mistake(
      "cluster.context",
      name === undefined ? "nothing" : JSON.stringify(name),
      `a context of the kubeconfig: ${names.join(", ") || "it has none"}`,
      "name one of them",
    );
  }
  const found = clusters.find((entry) => entry.name === context.cluster)?.cluster;
  const who = users.find((entry) => entry.name === context.user)?.user;
  if (found === undefined || who === undefined) {
    throw mistake(
      source,
      `context ${JSON.stringify(name)}`,
      "a context whose cluster and user are in the same kubeconfig",
      `add ${found === undefined ? `cluster "${context.cluster}"` : `user "${context.user}"`}`,
    );
  }
  const inline = withContents({ ...found }, { ...who }, directory, source);
  return {
    server: found.server,
    clusterName: context.cluster,
    credentials: credentials(inline),
    text: JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "guildnet",
      clusters: [{ name: context.cluster, cluster: inline.cluster }],
      users: [{ name: context.user, user: inline.user }],
      contexts: [{ name: "guildnet", context: { cluster: context.cluster, user: context.user } }],
    }),
  };
}

interface Inline {
  cluster: z.output<typeof cluster>;
  user: z.output<typeof user>;
}

/** Replaces each named file by its content: where the program runs, the engine's plugin may not see it. */
function withContents(found: Inline["cluster"], who: Inline["user"], directory: string, source: Source): Inline {
  const read = (path: string) => {
    try {
      return readFileSync(resolve(directory, path));
    } catch (error) {
      throw mistake(
        source,
        JSON.stringify(path),
        "files that can be read",
        `a file it names can't be: ${(error as Error).message}`,
      );
    }
  };
  const embed = (from: Record<string, unknown>, key: string) => {
    const path = from[key];
    if (typeof path !== "string") return;
    from[`${key}-data`] ??= read(path).toString("base64");
    delete from[key];
  };
  embed(found, "certificate-authority");
  embed(who, "client-certificate");
  embed(who, "client-key");
  // As client-go has it: a path is relative to the kubeconfig, a name is looked up.
  if (who.exec?.command.includes("/")) who.exec = { ...who.exec, command: resolve(directory, who.exec.command) };
  if (who.tokenFile !== undefined) {
    // client-go lets the file win too.
    who.token = read(who.tokenFile).toString("utf8").trim();
    delete who.tokenFile;
  }
  return { cluster: found, user: who };
}

function credentials({ cluster: found, user: who }: Inline): Credentials {
  const decode = (data?: string) => (data === undefined ? undefined : Buffer.from(data, "base64").toString("utf8"));
  const cert = decode(who["client-certificate-data"]);
  const key = decode(who["client-key-data"]);
  return {
    ca: decode(found["certificate-authority-data"]),
    serverName: found["tls-server-name"],
    skipVerify: found["insecure-skip-tls-verify"] ?? false,
    clientCertificate: cert !== undefined && key !== undefined ? { cert, key } : undefined,
    token: who.token,
    exec: who.exec,
  };
}

function parseYaml(text: string, source: Source): unknown {
  try {
    return parse(text);
  } catch (error) {
    // The first line says where; what follows quotes the text.
    const [where] = (error as Error).message.split("\n");
    throw mistake(source, "text (not shown)", "YAML or JSON", `mend it: ${where}`);
  }
}

function mistake(key: string, found: string, allowed: string, fix: string): ConfigError {
  return new ConfigError([{ key, found, allowed, fix }]);
}

import type { RequestOptions } from "node:https";
import pRetry from "p-retry";
import { z } from "zod";
import { ActionableError, Unreachable } from "../errors.ts";
import { messageOf, passesByItself } from "../http/network-errors.ts";
import { ask, jsonOf, type Answer } from "../http/request.ts";

const seconds = 1000;

/** Milliseconds a push waits for a registry that is away. */
export const patience = 30 * seconds;
/** Milliseconds a question waits: a preview beside a registry that is away shall not take long. */
export const littlePatience = 3 * seconds;
/** Milliseconds without a word after which a question is given up. */
const longestAnswer = 10 * seconds;

const ADDRESS =
  /^(?=.{1,200}$)(?<host>(?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)+|[a-z0-9-]+(?=:))(?::\d{1,5})?)(?<path>(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)$/;

/** How to speak to a registry, as the SDK's `ImageRegistry`. */
export const registrySchema = z.object({
  address: z
    .string()
    .regex(ADDRESS, 'must be a host, and a path where there is one, such as "registry.example.org/guild"'),
  credentials: z
    .string()
    .regex(/^[^:]+:./s, 'must be of the form "user:password"')
    .optional(),
  caCertificatePem: z.string().startsWith("-----BEGIN CERTIFICATE-----").optional(),
});
export type Registry = z.infer<typeof registrySchema>;

/** Kinds of manifest; a registry gives none that it was not asked for. */
const MANIFESTS = [
  "oci.image.manifest.v1",
  "oci.image.index.v1",
  "docker.distribution.manifest.v2",
  "docker.distribution.manifest.list.v2",
]
  .map((kind) => `application/vnd.${kind}+json`)
  .join(", ");

/**
 * The digest by which a registry has an image, without fetching it.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#checking-if-content-exists-in-the-registry
 *
 * @param name of the image, below the registry's address
 * @param which tag or digest
 * @returns undefined where the registry does not have it, or does not say so to us: several say "denied" of what is not there
 * @throws Unreachable; ActionableError `registry-unauthorized`, `registry-untrusted`, `registry-refused`
 */
export async function digestOf(
  registry: Registry,
  name: string,
  which: string,
  milliseconds: number,
): Promise<string | undefined> {
  const { host, path } = partsOf(registry);
  const manifest = new URL(`https://${host}/v2${path}/${name}/manifests/${which}`);
  const answer = await pRetry(() => askedAs(registry, manifest, Math.min(longestAnswer, milliseconds)), {
    retries: Infinity,
    maxRetryTime: milliseconds,
    minTimeout: 250,
    factor: 1.5,
    maxTimeout: 2 * seconds,
    shouldRetry: ({ error }) => error instanceof Unreachable,
  });
  if (answer.status === 404 || answer.status === 403) return undefined;
  if (answer.status === 401) throw unauthorized(registry);
  const digest = answer.headers["docker-content-digest"];
  if (answer.status !== 200 || typeof digest !== "string")
    throw new ActionableError(
      "registry-refused",
      `the registry ${host} answered ${answer.status} to whether it has ${path.slice(1)}/${name}${answer.status === 200 ? ", and no digest" : ""}`,
    );
  return digest;
}

/** Docker Hub's name is not where its registry lives. */
function partsOf({ address }: Registry): { host: string; path: string } {
  const { host = "", path = "" } = ADDRESS.exec(address)?.groups ?? {};
  return { host: host === "docker.io" ? "registry-1.docker.io" : host, path };
}

/** Asks as nobody first: the registry says then how it wants to be asked. https://distribution.github.io/distribution/spec/auth/token/ */
async function askedAs(registry: Registry, manifest: URL, milliseconds: number): Promise<Answer> {
  const question = (authorization?: string) =>
    asked(
      registry,
      manifest,
      {
        method: "HEAD",
        headers: { Accept: MANIFESTS, ...(authorization !== undefined && { Authorization: authorization }) },
      },
      milliseconds,
    );
  const answer = await question();
  const challenge = answer.headers["www-authenticate"];
  if (answer.status !== 401 || challenge === undefined) return answer;
  const authorization = /^basic\b/i.test(challenge) ? basic(registry) : await token(registry, challenge, milliseconds);
  return authorization === undefined ? answer : question(authorization);
}

function basic({ credentials }: Registry): string | undefined {
  return credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`;
}

async function token(registry: Registry, challenge: string, milliseconds: number): Promise<string | undefined> {
  const { realm, ...scope } = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
  );
  if (realm === undefined || !realm.startsWith("https://"))
    throw new ActionableError(
      "registry-refused",
      `the registry ${registry.address} wants its credentials sent to where they would not be safe; it must name a server with https`,
    );
  const server = new URL(realm);
  for (const key of ["service", "scope"]) if (scope[key] !== undefined) server.searchParams.append(key, scope[key]);
  const authorization = basic(registry);
  const answer = await asked(
    registry,
    server,
    { method: "GET", headers: authorization === undefined ? {} : { Authorization: authorization } },
    milliseconds,
  );
  if (answer.status === 401 || answer.status === 403) throw unauthorized(registry);
  const { data } = z
    .object({ token: z.string().optional(), access_token: z.string().optional() })
    .safeParse(jsonOf(answer.text));
  const given = data?.token ?? data?.access_token;
  if (given === undefined)
    throw new ActionableError(
      "registry-refused",
      `the server ${server.host}, which signs in to the registry ${registry.address}, answered ${answer.status} and no token`,
    );
  return `Bearer ${given}`;
}

async function asked(
  { address, caCertificatePem }: Registry,
  url: URL,
  options: RequestOptions,
  milliseconds: number,
): Promise<Answer> {
  const answer = await ask(url, {
    ...options,
    agent: false,
    patience: milliseconds,
    ...(caCertificatePem !== undefined && { ca: caCertificatePem }),
  }).catch((error: unknown) => {
    const message = `the registry ${address} does not answer at ${url.host}: ${messageOf(error)}`;
    if (passesByItself(error)) throw new Unreachable("registry-unreachable", message);
    throw new ActionableError(
      "registry-untrusted",
      `${message}. If an authority of your own signed its certificate, give that as caCertificatePem`,
    );
  });
  if (answer.status === 429 || answer.status >= 500)
    throw new Unreachable(
      "registry-unreachable",
      `the registry ${address} is busy or away: ${url.host} answered ${answer.status}`,
    );
  return answer;
}

function unauthorized({ address, credentials }: Registry): ActionableError {
  return new ActionableError(
    "registry-unauthorized",
    `the registry ${address} ${credentials === undefined ? "wants credentials, and was given none" : "does not take the credentials that it was given"}`,
  );
}

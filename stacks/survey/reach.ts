import type * as pulumi from "@pulumi/pulumi";
import { label, portalIdentity, stackLabel } from "../../components/index.ts";
import { ConfigError } from "../check/mistakes.ts";
import type { GuildSettings } from "../config.ts";
import { systems } from "../systems.ts";
import type { ExistingConfig } from "../systems/cluster/schema.ts";
import { ask } from "./ask.ts";
import type { Answer } from "./ask.ts";
import { execCredentials } from "./exec-credentials.ts";
import { parseKubeconfig, readKubeconfig } from "./kubeconfig.ts";
import type { Kubeconfig, Source } from "./kubeconfig.ts";

/** Oldest release all our objects work on: 1.30 has admission policies and sidecars as stable. */
const OLDEST_MINOR = 30;

/**
 * The kubeconfig of the cluster to join, after asking its API server who it is: before
 * anything is applied, and in a preview too.
 * @returns undefined where the stack makes its own cluster
 * @throws ConfigError naming the key to change
 */
export async function reachCluster({ config, kubeconfig }: GuildSettings): Promise<Kubeconfig | undefined> {
  if (config.cluster.kind !== "existing") return undefined;
  const { found: given, source } = await loadKubeconfig(config.cluster, kubeconfig);
  const found =
    given.credentials.exec === undefined
      ? given
      : { ...given, credentials: await execCredentials(given, given.credentials.exec, source) };
  await checkServer(found, source);
  const neighbour = await portalNamespace(found);
  checkNeighbour(found, source, neighbour);
  const mistakes = await systems.joins(config, found);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  // A name in a kubeconfig is "default" with k3s and "kubernetes" with kubeadm, whichever cluster that is.
  const system = await namespaceNamed(found, "kube-system");
  return { ...found, identity: system?.uid, hasGuild: neighbour?.labels?.[label.stack] === stackLabel() };
}

async function loadKubeconfig(
  cluster: ExistingConfig,
  secret?: pulumi.Output<string>,
): Promise<{ found: Kubeconfig; source: Source }> {
  if (cluster.kubeconfigPath !== undefined) {
    const { text, directory } = readKubeconfig(cluster.kubeconfigPath);
    return {
      found: parseKubeconfig(text, "cluster.kubeconfigPath", directory, cluster.context),
      source: "cluster.kubeconfigPath",
    };
  }
  if (secret === undefined) throw new Error("neither a kubeconfig's path nor its text");
  const text = await plain(secret);
  return { found: parseKubeconfig(text, "guildnet:kubeconfig", ".", cluster.context), source: "guildnet:kubeconfig" };
}

/** The value of a config secret, which is always known. */
function plain(secret: pulumi.Output<string>): Promise<string> {
  return new Promise((resolve) => void secret.apply(resolve));
}

/** Asks for the version, with the kubeconfig's credentials. */
async function checkServer(found: Kubeconfig, source: Source): Promise<void> {
  const refuse = (what: string, fix: string) =>
    new ConfigError([
      {
        key: source,
        found: found.server,
        allowed: `an API server that answers, version 1.${OLDEST_MINOR} or newer`,
        fix: `${what}; ${fix}`,
      },
    ]);
  let answer: Answer;
  try {
    answer = await ask(found, "/version");
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw refuse(
      `it didn't answer (${reason})`,
      "check that it runs, that this machine can reach it, and its certificate authority",
    );
  }
  if (answer.status === 401 || answer.status === 403)
    throw refuse(`it refused the credentials (${answer.status})`, "renew them");
  const minor = minorVersion(answer);
  if (minor === undefined)
    throw refuse(`it answered ${answer.status} and no version`, "check that the server is a Kubernetes API server");
  if (minor < OLDEST_MINOR) throw refuse(`it is version 1.${minor}`, "update the cluster");
}

interface Metadata {
  uid: string;
  labels?: Record<string, string>;
}

/** Undefined where there is none, or these credentials may not look. */
async function namespaceNamed(found: Kubeconfig, name: string): Promise<Metadata | undefined> {
  const { status, body } = await ask(found, `/api/v1/namespaces/${name}`);
  return status === 200 ? (JSON.parse(body) as { metadata: Metadata }).metadata : undefined;
}

function portalNamespace(found: Kubeconfig): Promise<Metadata | undefined> {
  return namespaceNamed(found, portalIdentity.namespace);
}

/** Objects have fixed names, so that a second guild would take over the first one's. */
function checkNeighbour(found: Kubeconfig, source: Source, neighbour: Metadata | undefined): void {
  const owner = neighbour?.labels?.[label.stack];
  if (owner === undefined || owner === stackLabel()) return;
  throw new ConfigError([
    {
      key: source,
      found: found.server,
      allowed: "a cluster without another guild",
      fix: `the guild of the stack "${owner}" lives there; add the people to that stack, or join another cluster. If this stack is that one under a new name: kubectl label namespace ${portalIdentity.namespace} ${label.stack}=${stackLabel()} --overwrite`,
    },
  ]);
}

/** Minor version of "1.x" in the answer to /version; some distributions write "33+". */
export function minorVersion({ status, body }: Answer): number | undefined {
  if (status !== 200) return undefined;
  try {
    const { major, minor } = JSON.parse(body) as { major?: string; minor?: string };
    const number = Number.parseInt(minor ?? "", 10);
    return major === "1" && Number.isInteger(number) ? number : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { passphraseOf } from "../engine/passphrase.ts";
import type { Project } from "../engine/project.ts";
import { stackSecret } from "../engine/stack-secret.ts";
import { stackFile, stackSettings } from "../engine/stack-config.ts";
import { guildnetHome } from "../toolchain/home.ts";
import { proxyVariable, LOOPBACK } from "../toolchain/proxied-fetch.ts";

/** As `stacks/systems/proxy/schema.ts` has it, which tells of mistakes. */
const ADDRESS = /^http:\/\/[a-z0-9-]+(\.[a-z0-9-]+)*:\d{1,5}$/;

/** What of a guild's config says the way out. Whatever else stands there is the program's to complain about. */
const word = z.string().optional().catch(undefined);
const guildShape = z
  .object({
    proxy: z
      .object({ https: z.unknown().optional(), http: z.unknown().optional(), exclude: z.array(z.string()).catch([]) })
      .optional()
      .catch(undefined),
    cluster: z.object({ kind: word, podCidr: word, serviceCidr: word, lanCidr: word, kubeconfigPath: word }).catch({}),
    portal: z.object({ host: word, appsDomain: word }).catch({}),
    mesh: z.object({ hostname: word, domain: word, baseDomain: word }).catch({}),
  })
  .catch({ cluster: {}, portal: {}, mesh: {} });
type Guild = z.infer<typeof guildShape>;

/**
 * Has this process and its children go through the proxy that the stack's file names: what comes first, before the
 * program has read its config, are downloads. An address that the environment names is there for this machine alone
 * (a helper on its loopback, say) and wins; what either of them excepts is excepted. Programs look at one spelling of a
 * variable or the other (buildah lends builds those in small letters), so that both are set.
 */
export async function takeProxy(project: Project, stack: string, env: NodeJS.ProcessEnv): Promise<void> {
  const guild = guildShape.parse(stackSettings(project, stack)["guildnet:guild"]);
  const wanted = guild.proxy?.https === undefined ? {} : await variables(guild, project, stack, env);
  const excepted = [env["NO_PROXY"], env["no_proxy"], wanted.no_proxy]
    .flatMap((list) => (list ?? "").split(","))
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const values = {
    https_proxy: proxyVariable(env, "https_proxy") ?? wanted.https_proxy,
    http_proxy: proxyVariable(env, "http_proxy") ?? wanted.http_proxy,
    no_proxy: [...new Set(excepted)].join(",") || undefined,
  };
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) env[name] = env[name.toUpperCase()] = value;
  }
}

/** What the stack's file says, as variables. */
async function variables(
  guild: Guild,
  project: Project,
  stack: string,
  env: NodeJS.ProcessEnv,
): Promise<{ https_proxy?: string; http_proxy?: string; no_proxy?: string }> {
  const home = guildnetHome(env);
  const secret = (key: string) => stackSecret(project, home, stack, key, passphraseOf(home, env));
  const { https, http = https } = guild.proxy ?? {};
  const [secure, plain] = [https, http].map((value) =>
    typeof value === "string" && ADDRESS.test(value) ? value : undefined,
  );
  if (secure === undefined || plain === undefined) {
    process.stderr.write(
      `${stackFile(project, stack)}: proxy is not as it can be, so that nothing goes through it yet\n`,
    );
    return {};
  }
  const { kind, kubeconfigPath } = guild.cluster;
  const servers =
    kind === "existing"
      ? serversOf(kubeconfigAt(kubeconfigPath, project.root) ?? (await secret("guildnet:kubeconfig")))
      : [];
  const credentials = await secret("guildnet:proxyCredentials");
  // Loaded where there is a proxy alone: all that a node is comes along.
  const { withCredentials } = await import("../provider/control.ts");
  return {
    https_proxy: withCredentials(secure, credentials),
    http_proxy: withCredentials(plain, credentials),
    no_proxy: [...exceptions(guild), ...servers].join(","),
  };
}

/** What is inside: what the config excepts, the cluster's networks, and the guild's own names, on the mesh too. */
function exceptions({ proxy, cluster, portal, mesh }: Guild): string[] {
  const networks =
    cluster.kind === "existing"
      ? {}
      : { podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16", lanCidr: "198.19.0.0/24" };
  const names = [portal.host, portal.appsDomain, mesh.hostname, mesh.domain, mesh.baseDomain];
  const { podCidr, serviceCidr, lanCidr } = { ...networks, ...cluster };
  return [
    ...(proxy?.exclude ?? []),
    ...LOOPBACK,
    podCidr,
    serviceCidr,
    lanCidr,
    ".svc",
    ".cluster.local",
    ...names.flatMap((name) => (name === undefined ? [] : [name, `.${name}`])),
  ].filter((one) => one !== undefined);
}

function kubeconfigAt(path: string | undefined, projectRoot: string): string | undefined {
  if (path === undefined) return undefined;
  const file = resolve(projectRoot, path.startsWith("~/") ? path.replace("~", homedir()) : path);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** Hosts of the API servers in a kubeconfig: the program asks them directly, and so does the engine. */
function serversOf(kubeconfig: string | undefined): string[] {
  const { clusters = [] } = (kubeconfig === undefined ? {} : (parse(kubeconfig) ?? {})) as {
    clusters?: { cluster?: { server?: string } }[];
  };
  return clusters.flatMap(({ cluster }) =>
    cluster?.server !== undefined && URL.canParse(cluster.server) ? [new URL(cluster.server).hostname] : [],
  );
}

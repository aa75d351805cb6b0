import { isBelow, portalAddresses } from "../../../components/index.ts";
import type { Broken, Given } from "../../check/broken.ts";
import { closest } from "../../check/mistakes.ts";
import type { Path } from "../../check/mistakes.ts";
import { headscaleHostname, portalOnMesh } from "../mesh/names.ts";
import type { MeshKeys } from "../mesh/schema.ts";
import { peopleOf } from "../people/people.ts";
import type { Membership } from "../people/people.ts";
import type { PortalKeys } from "../portal/schema.ts";
import { workspaceName } from "../workspaces/schema.ts";
import { targetOf } from "./published.ts";
import type { PublicationConfig, TunnelKeys } from "./schema.ts";

type Reads = TunnelKeys & PortalKeys & MeshKeys & Membership;

/** What is wrong with what is published: one must not get at more by a slip of the pen. */
export function tunnelMistakes(config: Reads, { tunnelToken }: Given<"tunnelToken">): Broken[] {
  const { tunnel } = config;
  if (tunnel === undefined) return [];
  const token: Broken = {
    paths: [["tunnel"]],
    allowed: "with the secret guildnet:tunnelToken",
    fix: "run: npm run pulumi -- config set --secret guildnet:tunnelToken",
  };
  return [
    ...(tunnelToken === true ? [] : [token]),
    ...tunnel.publish.flatMap((entry, index) => {
      const path = ["tunnel", "publish", index];
      return [
        ...targetMistakes(config, entry, path),
        ...hostMistakes(config, entry, index),
        ...ownerMistakes(config, entry, path),
      ];
    }),
  ];
}

function targetMistakes(config: Reads, entry: PublicationConfig, path: Path): Broken[] {
  const { app, workspace } = entry;
  if ((app === undefined) === (workspace === undefined))
    return [{ paths: [path], allowed: "an app, or a workspace and a port of it", fix: "name one of the two" }];
  const kind = app === undefined ? "workspace" : "app";
  const names = kind === "app" ? config.apps.map(({ name }) => name) : config.workspaces.map(workspaceName);
  const target = targetOf(config, entry)[kind];
  if (target === undefined) return [unknown([...path, kind], entry[kind] ?? "", names, [`${kind}s`])];
  return [...portMistakes(entry, target.ports, path, kind), ...privateMistakes(config, entry, path)];
}

function portMistakes(
  { port }: PublicationConfig,
  ports: readonly { name: string }[],
  path: Path,
  kind: "app" | "workspace",
): Broken[] {
  const names = ports.map(({ name }) => name),
    at = [...path, "port"];
  if (port === undefined) {
    if (kind === "app") return [];
    const allowed = `the name of one of its ports: ${names.join(", ") || "it declares none"}`;
    return [{ paths: [at, ["workspaces"]], allowed, fix: "name it; a workspace's IDE is never published" }];
  }
  return names.includes(port) ? [] : [unknown(at, port, names, [`${kind}s`])];
}

function privateMistakes(config: Reads, entry: PublicationConfig, path: Path): Broken[] {
  const { app } = targetOf(config, entry);
  if (app?.visibility === "public" || entry.evenThoughPrivate) return [];
  const what =
    app === undefined
      ? `the workspace ${entry.workspace} is private`
      : `the app ${app.name} is ${app.visibility === "members" ? "for members" : "private"}`;
  return [
    {
      paths: [[...path, "evenThoughPrivate"], ["apps"], ["workspaces"]],
      allowed: `true, as ${what}: whoever finds it on the internet opens it without signing in`,
      fix: app === undefined ? "write true, if that is meant" : "write true, if that is meant, or make the app public",
    },
  ];
}

function hostMistakes(config: Reads, { host }: PublicationConfig, index: number): Broken[] {
  const path = ["tunnel", "publish", index, "host"];
  const first = config.tunnel?.publish.findIndex((other) => other.host === host) ?? index;
  if (first < index)
    return [
      {
        paths: [path, ["tunnel", "publish", first, "host"]],
        allowed: "a host name that no other entry has: each is for one thing",
        fix: "give it another name",
      },
    ];
  const taken = guildNames(config).find(({ name }) => isBelow(host, name));
  return taken === undefined
    ? []
    : [
        {
          paths: [path, taken.path],
          allowed: `a host name outside of ${taken.name}, where ${taken.whose}`,
          fix: "give it a name of its own",
        },
      ];
}

/** Names that stay the guild's, each with all below it: a page there would share cookies with them, or take their place. */
function guildNames(config: Reads): { name: string; whose: string; path: Path }[] {
  const { host, appsDomain } = portalAddresses(config.portal);
  const onMesh = portalOnMesh(config);
  return [
    { name: host, whose: "the portal is", path: ["portal", "host"] },
    { name: appsDomain, whose: "workspaces and apps are for the guild", path: ["portal", "appsDomain"] },
    ...(config.mesh.kind === "headscale"
      ? [
          {
            name: headscaleHostname(config.mesh, config.portal),
            whose: "the mesh's server is",
            path: ["mesh", "hostname"],
          },
        ]
      : []),
    ...(onMesh === undefined
      ? []
      : [onMesh.host, onMesh.appsDomain].map((name) => ({ name, whose: "the guild is on its mesh", path: ["mesh"] }))),
  ];
}

function ownerMistakes(config: Reads, { owner }: PublicationConfig, path: Path): Broken[] {
  const people = peopleOf(config);
  return owner === undefined || people.includes(owner) ? [] : [unknown([...path, "owner"], owner, people, ["people"])];
}

function unknown(path: Path, found: string, known: readonly string[], where: Path): Broken {
  const meant = closest(found, [...known]);
  return {
    paths: [path, where],
    allowed: `one of the guild's: ${known.join(", ") || "there is none"}`,
    fix: meant === undefined ? "write one of these" : `did you mean "${meant}"?`,
  };
}

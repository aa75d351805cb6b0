import type { Broken } from "../../check/broken.ts";
import { NOTES_LABEL, portalAddresses } from "../../../components/index.ts";
import type { AppsKeys } from "../apps/schema.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { PortalKeys } from "../portal/schema.ts";
import { workspaceName } from "../workspaces/schema.ts";
import type { WorkspacesKeys } from "../workspaces/schema.ts";
import type { NotesKeys } from "./schema.ts";

/** What is wrong with where its image is from, and with what else is called as it is. */
export function notesMistakes(config: NotesKeys & ClusterKeys & PortalKeys & WorkspacesKeys & AppsKeys): Broken[] {
  return config.notes === undefined ? [] : [...imageMistakes(config), ...nameMistakes(config)];
}

/** Its pages have a host name as workspaces and apps have them: of two, one would be reached by nobody. */
function nameMistakes({ apps, portal, workspaces }: PortalKeys & WorkspacesKeys & AppsKeys): Broken[] {
  const allowed = `a name other than "${NOTES_LABEL}", under which the notes' pages are`;
  const { appsDomain, host } = portalAddresses(portal);
  const named = [
    ...workspaces.map((workspace, index) => ({ kind: "workspaces", index, name: workspaceName(workspace) })),
    ...apps.map(({ name }, index) => ({ kind: "apps", index, name })),
  ];
  return [
    ...named
      .filter(({ name }) => name === NOTES_LABEL)
      .map(({ kind, index }) => ({ paths: [[kind, index, "name"], ["notes"]], allowed, fix: "rename it" })),
    ...(host === `${NOTES_LABEL}.${appsDomain}`
      ? [{ paths: [["portal"], ["notes"]], allowed, fix: "write another portal.host, or another portal.appsDomain" }]
      : []),
  ];
}

/** An embedded node is brought the image; the nodes of any other cluster pull it. */
function imageMistakes({ cluster, images }: ClusterKeys): Broken[] {
  if (cluster.kind === "embedded") {
    if (images.notes === undefined || /^[^/@]+\/[^@]+$/.test(images.notes)) return [];
    return [
      {
        paths: [["images", "notes"], ["cluster"]],
        allowed: "registry, name and tag in full, as the embedded cluster is brought the image under its reference",
        fix: 'write it in full, for instance "docker.io/library/notes:1.4"',
      },
    ];
  }
  if (images.notes !== undefined || images.registry !== undefined) return [];
  return [
    {
      paths: [["images", "notes"], ["images", "registry"], ["notes"]],
      allowed: 'an image, or images.registry, where there are notes and cluster.kind is "existing"',
      fix: 'set images.registry to a registry that this machine can push to and the cluster pulls from, for instance "registry.example.org/guild", or name an image of your own here',
    },
  ];
}

import {
  Notes,
  NOTES_LABEL,
  NOTES_TOKEN_VARIABLE,
  notesAttachment,
  notesHost,
  notesIdentity,
  notesUrl,
  portalAddresses,
  portalIdentity,
} from "../../../components/index.ts";
import type { SystemPages } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { Layer, WantedVolume, Wants } from "../../system.ts";
import type { AuthorityGives } from "../authority/layer.ts";
import type { CertificatesGives } from "../certificates/layer.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { EventsGives } from "../events/layer.ts";
import type { AppsKeys } from "../apps/schema.ts";
import type { PortalKeys } from "../portal/schema.ts";
import type { SchedulingGives } from "../scheduling/layer.ts";
import type { StorageGives } from "../storage/layer.ts";
import { workspaceName } from "../workspaces/schema.ts";
import type { WorkspacesKeys } from "../workspaces/schema.ts";
import { notesMistakes } from "./rules.ts";
import { notesKeys } from "./schema.ts";
import type { NotesKeys } from "./schema.ts";

export interface NotesGives {
  /** For the portal to lead to; none where there are no notes. */
  pages: readonly SystemPages[];
}

type Reads = NotesKeys & ClusterKeys & WorkspacesKeys & AppsKeys & PortalKeys;
type Needs = AuthorityGives & CertificatesGives & ClusterGives & EventsGives & SchedulingGives & StorageGives;

const DATA = { namespace: notesIdentity.namespace, claim: "data" };

export const notes = system({
  keys: notesKeys,
  rules: notesMistakes,
  volumes: notesVolumes,
  wants: notesWants,
  layer: notesLayer,
  notes: notesNotes,
});

function notesVolumes({ notes: wanted }: NotesKeys): WantedVolume[] {
  return wanted === undefined ? [] : [{ path: ["notes"], ...DATA, size: wanted.storage, sizeKey: ["storage"] }];
}

function notesWants({ images, notes: wanted }: NotesKeys & ClusterKeys): Partial<Wants> {
  // Signed for without them as well: the authority is then the same when there are some.
  const signed = { dnsNames: [notesHost] };
  if (wanted === undefined) return signed;
  const image = images.notes === undefined ? { context: "images/notes" } : { reference: images.notes };
  return { ...signed, images: { notes: image } };
}

function notesLayer(
  config: Reads & { name: string },
  { authority, certificates, classes, classIn, events, image, opts }: Needs,
): Layer<NotesGives, object> {
  const { notes: wanted, name: guildName } = config;
  if (wanted === undefined) return { gives: { pages: [] }, outputs: {} };
  const { storage, keepData, tokenGeneration } = wanted;
  const made = new Notes(
    "notes",
    {
      image: image("notes"),
      guildName,
      workspaces: config.workspaces.map((workspace) => ({ id: workspaceName(workspace), owner: workspace.owner })),
      authority,
      issuer: certificates?.own,
      portal: { app: "portal", namespace: portalIdentity.namespace },
      events,
      storage,
      keepData,
      tokenGeneration,
      storageClass: classIn(DATA, keepData),
      priorityClass: classes.platform,
    },
    opts,
  );
  return {
    gives: { pages: [made.pages] },
    outputs: {},
    attachments: [
      notesAttachment({
        image: image("notes"),
        tokenKey: made.tokenKey,
        caCertificate: authority.certificatePem,
        tokenGeneration,
      }),
    ],
    kept: [
      {
        name: "notes",
        namespace: DATA.namespace,
        deployment: "notes",
        volume: { ...made.volume, databases: { image: image("portal") } },
      },
    ],
    mcpServers: { notes: { url: `${notesUrl}/mcp`, tokenVariable: NOTES_TOKEN_VARIABLE } },
  };
}

function notesNotes({ notes: wanted, portal }: NotesKeys & PortalKeys): string[] {
  if (wanted === undefined) return [];
  const address = portalAddresses(portal).workspace(NOTES_LABEL);
  return [`Notes are at ${address} and, in workspaces, below ~/notes: the guild's in guild, one's own in mine.`];
}

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { PodRoom, WorkspaceAttachment } from "../kube/attachment.ts";
import { metaIn } from "../kube/place.ts";
import type { Transforms } from "../kube/transform.ts";
import { notesHost, notesToken, notesUrl } from "./identity.ts";
import { toNotes } from "./reach.ts";

/** Has a workspace's token for the notes, for agents. */
export const NOTES_TOKEN_VARIABLE = "GUILDNET_NOTES_TOKEN";

const FOLDER = "/etc/guildnet/notes";
const AUTHORITY_FOLDER = "/etc/guildnet/notes-authority";

/** What keeps the folders may use: git, beside a small program, packs what is sent. */
const SYNC_SIZE: PodRoom = { cpu: "500m", memory: "256Mi", reserved: { cpu: "10m", memory: "64Mi" } };

/** What `transform` changes in each workspace. */
export interface NotesAttachmentChildren {
  "notes-access": k8s.core.v1.SecretArgs;
  "notes-authority": k8s.core.v1.ConfigMapArgs;
}

export interface NotesAttachmentArgs {
  /** Image of the notes' server, which has the program that keeps the folders. */
  image: pulumi.Input<string>;
  /** What tokens are made with: `Notes`'s `tokenKey`. */
  tokenKey: pulumi.Input<string>;
  /** PEM of the authority that the server's certificate is from. */
  caCertificate: pulumi.Input<string>;
  /** The server's: of a variable programs are told at their start alone, so that with another one the workspace is another, too. @default 1 */
  tokenGeneration?: number;
  /** Changes what it makes. @default none */
  transform?: Transforms<NotesAttachmentChildren>;
}

/**
 * Gives a workspace its notes as files: the guild's in `~/notes/guild`, its person's own in `~/notes/mine`, both git working
 * copies that a program beside the workspace keeps the same as the server's. Whatever image a workspace has, it needs nothing in it.
 */
export function notesAttachment(args: NotesAttachmentArgs): WorkspaceAttachment {
  const { image, tokenKey, caCertificate, tokenGeneration = 1, transform } = args;
  return {
    name: "notes",
    transform,
    attach: (workspace, owner) => {
      const { name, parent } = workspace;
      const token = pulumi.secret(pulumi.all([tokenKey, owner]).apply(([key, of]) => notesToken(key, name, of)));
      const secret = new k8s.core.v1.Secret(
        `${name}-notes-access`,
        {
          metadata: metaIn(workspace, "notes-access"),
          stringData: { token, "git-credentials": token.apply((value) => `https://${name}:${value}@${notesHost}\n`) },
        },
        { parent },
      ).metadata.name;
      const authority = new k8s.core.v1.ConfigMap(
        `${name}-notes-authority`,
        { metadata: metaIn(workspace, "notes-authority"), data: { "ca.crt": caCertificate } },
        { parent },
      ).metadata.name;
      const files = { access: "notes-access", authority: "notes-authority" };
      return {
        environment: { GUILDNET_NOTES: notesUrl, GUILDNET_NOTES_GENERATION: String(tokenGeneration) },
        secretDefaults: { [NOTES_TOKEN_VARIABLE]: { secret, key: "token" } },
        files: [
          { name: files.access, folder: FOLDER, from: { secret, only: ["git-credentials"] } },
          { name: files.authority, folder: AUTHORITY_FOLDER, from: { configMap: authority } },
        ],
        reach: { "to-notes": toNotes },
        companions: [
          {
            name: "notes",
            image,
            command: ["node", "--optimize-for-size", "sync.mjs"],
            environment: {
              GUILDNET_NOTES: notesUrl,
              GUILDNET_NOTES_GIT_ACCESS: `${FOLDER}/git-credentials`,
              GUILDNET_NOTES_AUTHORITY: `${AUTHORITY_FOLDER}/ca.crt`,
              // It holds little, and Node takes what it is let: there is one in every workspace.
              NODE_OPTIONS: "--max-old-space-size=64",
              MALLOC_ARENA_MAX: "2",
            },
            files: Object.values(files),
            size: SYNC_SIZE,
          },
        ],
      };
    },
  };
}

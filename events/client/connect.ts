import { connect, credsAuthenticator } from "@nats-io/transport-node";
import type { ConnectionOptions, NatsConnection } from "@nats-io/transport-node";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { audienceSchema } from "../subjects.ts";

/** Files of the folder that a program is given, by which it is who it is on the bus. */
export const accessFiles = { settings: "settings.json", credentials: "events.creds", authority: "ca.crt" } as const;

/** Where programs have that folder. */
export const ACCESS_FOLDER = "/etc/guildnet/events";

const settingsSchema = z.object({
  /** For instance "tls://nats.guildnet-events.svc:4222". */
  servers: z.array(z.string().min(1)).min(1),
  /** Whom it speaks as. */
  source: z.string().min(1),
  /** Whose events it may read. */
  reads: z.array(audienceSchema),
});

export type AccessSettings = z.infer<typeof settingsSchema>;

/** A connection, and what it may do. */
export interface EventConnection extends AccessSettings {
  connection: NatsConnection;
}

/** What it takes to be somebody on the bus, where it is in no files. */
export interface Access {
  servers: string[];
  /** As NATS's programs have it in a file. */
  credentials: string;
  /** The authority that signed the servers' certificates, PEM; it alone is trusted. */
  caCertificate: string;
  /** Name that their certificates are held against, where they are reached under another. @default that of each */
  servername?: string;
  /** What the server calls the connection. */
  name: string;
}

/** Connects. @throws where the bus does not answer, or lets nobody in by these credentials */
export function connectTo(
  { servers, credentials, caCertificate, servername, name }: Access,
  options: Partial<ConnectionOptions> = {},
): Promise<NatsConnection> {
  const tls: { ca: string; servername?: string } = { ca: caCertificate, ...(servername && { servername }) };
  const authenticator = credsAuthenticator(new TextEncoder().encode(credentials));
  return connect({ servers, name, ignoreClusterUpdates: true, authenticator, tls, ...options });
}

/**
 * Connects with the files of a folder. A connection that breaks is made again, without an end; credentials are read anew
 * each time, as a rerun of the guild may have changed them.
 *
 * @throws where the folder is not there, or the bus does not answer at first
 */
export async function connectFrom(
  folder: string = ACCESS_FOLDER,
  options: Partial<ConnectionOptions> = {},
): Promise<EventConnection> {
  const file = (name: string) => readFile(join(folder, name));
  const settings = settingsSchema.parse(JSON.parse((await file(accessFiles.settings)).toString()));
  const connection = await connect({
    servers: settings.servers,
    name: settings.source,
    maxReconnectAttempts: -1,
    // Else it gives up at the second refusal: credentials that a rerun made anew are told to the bus before they are in a pod.
    ignoreAuthErrorAbort: true,
    authenticator: credsAuthenticator(() => readFileSync(join(folder, accessFiles.credentials))),
    tls: { caFile: join(folder, accessFiles.authority) },
    ...options,
  });
  return { ...settings, connection };
}

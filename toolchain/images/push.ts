import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { guildnetHome } from "../home.ts";
import { withLease } from "./leases.ts";
import { parseReference } from "./reference.ts";
import { withScratch } from "./scratch.ts";
import { ImageStore, type Log } from "./store.ts";

/** How a registry lets somebody push. */
export interface RegistryAccess {
  /** "user:password". @default nobody signs in */
  readonly credentials?: string;
  /** The authority that signed its certificate, PEM, besides those of the system. */
  readonly caCertificatePem?: string;
}

export interface PushRequest {
  /** Of an image in the store. */
  readonly reference: string;
  /** `registry/name:tag`. */
  readonly destination: string;
  readonly access: RegistryAccess;
  /** GUILDNET_HOME. @default "~/.guildnet" */
  readonly home?: string;
  readonly log?: Log;
}

/**
 * Pushes an image to a registry, by HTTPS alone. The sign-in is in a file for root's eyes for as long as that takes, and
 * is that which was given, or none: what this machine signed in to otherwise is not used, as nobody would know of it.
 * @throws UserError with the registry's own words
 */
export async function pushImage({ reference, destination, access, home, log = () => {} }: PushRequest): Promise<void> {
  const store = new ImageStore(guildnetHome(home === undefined ? process.env : { GUILDNET_HOME: home }));
  if (!(await store.imageId(reference)))
    throw new UserError("image-unknown", `${reference} is not in the store: make it first`);
  const hide = without(access);
  // A build that starts meanwhile clears away what nobody holds a lease for.
  await withLease(store, log, () =>
    withScratch(store.home, async (folder) => {
      const signIn = join(folder, "auth.json"),
        authorities = join(folder, "authorities");
      await writeFile(signIn, JSON.stringify({ auths: signIns(destination, access) }), { mode: 0o600 });
      await mkdir(authorities);
      if (access.caCertificatePem !== undefined) await writeFile(join(authorities, "ca.crt"), access.caCertificatePem);
      try {
        await store.run(
          [
            "push",
            "--authfile",
            signIn,
            "--cert-dir",
            authorities,
            "--retry",
            "1",
            reference,
            `docker://${destination}`,
          ],
          (line) => log(hide(line)),
        );
      } catch (error) {
        throw error instanceof UserError ? new UserError(error.code, hide(error.message)) : error;
      }
    }),
  );
}

/** As containers-auth.json(5) has it, for the one registry and no other. */
export function signIns(destination: string, { credentials }: RegistryAccess): Record<string, { auth: string }> {
  return credentials === undefined
    ? {}
    : { [parseReference(destination).registry]: { auth: Buffer.from(credentials).toString("base64") } };
}

/** A registry that repeats what it was told gets none of it into a log. */
export function without({ credentials }: RegistryAccess): (text: string) => string {
  if (credentials === undefined) return (text) => text;
  const secrets = [
    credentials,
    credentials.slice(credentials.indexOf(":") + 1),
    Buffer.from(credentials).toString("base64"),
  ];
  return (text) => secrets.reduce((shown, secret) => shown.replaceAll(secret, "[secret]"), text);
}

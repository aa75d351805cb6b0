import { createHash } from "node:crypto";
import { createServer } from "node:https";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { createAuthority, issueCertificate } from "../pki/x509.ts";

/** What a stand-in registry has and wants, to be looked at and changed by a test. */
export interface Shelves {
  /** Names with tag, such as "guild/tool:1", of what it has. */
  readonly images: Set<string>;
  /** How it wants to be signed in to: not at all, by a password, or by a token that another path gives for one. */
  signIn: "none" | "basic" | "token";
  /** Where it says that tokens are given. @default by itself */
  realm?: string;
  /** Answers this to everything, where set. */
  status?: number;
  /** `METHOD path` of every request, in order. */
  readonly calls: string[];
}

export const CREDENTIALS = "guild:registry canary";

/** The digest of what a stand-in has under a name with its tag. */
export const digestOfImage = (image: string): string => `sha256:${createHash("sha256").update(image).digest("hex")}`;

const authority = await createAuthority("Test CA", 1);
const certificate = await issueCertificate(authority, {
  commonName: "registry",
  dnsNames: ["localhost"],
  validityDays: 1,
});

/** The authority that signed its certificate. */
export const caCertificatePem = authority.certificatePem;

/** A registry that knows of images by their names alone, until the running test ends. */
export async function imageRegistry(): Promise<{ host: string; shelves: Shelves; stop: () => Promise<void> }> {
  const shelves: Shelves = { images: new Set(), signIn: "none", calls: [] };
  const server = createServer(
    { cert: certificate.certificatePem, key: certificate.privateKeyPem },
    (request, response) => {
      shelves.calls.push(`${request.method} ${request.url}`);
      const { status, headers = {}, body = "" } = answer(request);
      response.writeHead(status, headers).end(body);
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(stop);

  function answer({ url = "", headers: { authorization } }: IncomingMessage): {
    status: number;
    headers?: Record<string, string>;
    body?: string;
  } {
    if (shelves.status !== undefined) return { status: shelves.status };
    const password = `Basic ${Buffer.from(CREDENTIALS).toString("base64")}`;
    if (url.startsWith("/token"))
      return authorization === password
        ? { status: 200, body: JSON.stringify({ token: "of the day" }) }
        : { status: 401 };
    const wanted = { none: undefined, basic: password, token: "Bearer of the day" }[shelves.signIn];
    const challenge =
      shelves.signIn === "basic"
        ? 'Basic realm="registry"'
        : `Bearer realm="${shelves.realm ?? `https://${host}/token`}",service="registry",scope="repository:guild/tool:pull"`;
    if (wanted !== undefined && authorization !== wanted)
      return { status: 401, headers: { "WWW-Authenticate": challenge } };
    const [, name = "", which = ""] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(url) ?? [];
    const found = [...shelves.images].find(
      (image) => image === `${name}:${which}` || (image.startsWith(`${name}:`) && digestOfImage(image) === which),
    );
    return found === undefined
      ? { status: 404 }
      : { status: 200, headers: { "Docker-Content-Digest": digestOfImage(found) } };
  }

  return { host, shelves, stop };
}

import { execa } from "execa";
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { join } from "node:path";
import { createAuthority, issueCertificate } from "../../provider/pki/x509.ts";

export interface Upstream {
  /** PEM of the authority that its certificate is from. */
  readonly authority: string;
  /** `METHOD https://host/path` of all that was asked for. */
  readonly asked: string[];
  close(): void;
}

/**
 * Stands for the internet that a machine installs from: answers HTTPS under the names of upstream's hosts, with
 * the files of release pages and with images as a registry does.
 *
 * @param releases files by URL.
 * @param images folders by reference, each an image as `buildah push oci:` writes it.
 */
export async function serveUpstream(
  port: number,
  releases: Readonly<Record<string, string>>,
  images: Readonly<Record<string, string>>,
): Promise<Upstream> {
  const repositories = Object.keys(images).map(registryPath);
  const names = [
    ...new Set([...Object.keys(releases).map((url) => new URL(url).hostname), ...repositories.map(({ host }) => host)]),
  ];
  const authority = await createAuthority("Upstream of a test", 2);
  const { certificatePem, privateKeyPem } = await issueCertificate(authority, {
    commonName: "upstream",
    dnsNames: names,
    validityDays: 2,
  });
  const asked: string[] = [];
  const server: Server = createServer({ cert: certificatePem, key: privateKeyPem }, (request, response) => {
    const url = `https://${request.headers.host}${request.url}`;
    asked.push(`${request.method} ${url}`);
    const file = releases[url];
    if (file !== undefined) return send(request, response, file, "application/octet-stream");
    return answerRegistry(request, response, images);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { authority: authority.certificatePem, asked, close: () => server.close() };
}

/** Names that a machine has to find at the address of its upstream. */
export function hostsOf(urls: readonly string[], references: readonly string[]): string[] {
  return [
    ...new Set([
      ...urls.map((url) => new URL(url).hostname),
      ...references.map((reference) => registryPath(reference).host),
    ]),
  ];
}

/** Docker Hub's registry has another name than its images. */
function registryPath(reference: string): { host: string; repository: string; tag: string } {
  const [, registry = "", repository = "", tag = ""] = /^([^/]+)\/(.+):([^:]+)$/.exec(reference) ?? [];
  return { host: registry === "docker.io" ? "registry-1.docker.io" : registry, repository, tag };
}

/**
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md, as far as a pull goes. Who asks it as a mirror says
 * for which registry (`ns`).
 *
 * @param images folders by reference, each an image as `buildah push oci:` writes it.
 */
export function answerRegistry(
  request: IncomingMessage,
  response: ServerResponse,
  images: Readonly<Record<string, string>>,
): void {
  const { pathname: path, searchParams } = new URL(request.url ?? "", "http://registry");
  const host = searchParams.get("ns") ?? request.headers.host;
  if (path === "/v2/") return void response.writeHead(200, { "content-length": 0 }).end();
  const [, repository, kind, which = ""] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
  for (const [reference, folder] of Object.entries(images)) {
    const image = registryPath(reference);
    if ((image.host !== host && !reference.startsWith(`${host}/`)) || image.repository !== repository) continue;
    const digest = kind === "manifests" && which === image.tag ? manifestDigest(folder) : which;
    const file = blob(folder, digest);
    if (existsSync(file))
      return send(request, response, file, kind === "manifests" ? mediaTypeOf(file) : "application/octet-stream", {
        "docker-content-digest": digest,
      });
  }
  response.writeHead(404, { "content-type": "application/json" }).end('{"errors":[{"code":"NOT_FOUND"}]}');
}

function manifestDigest(folder: string): string {
  const { manifests } = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as {
    manifests: [{ digest: string }];
  };
  return manifests[0].digest;
}

function mediaTypeOf(file: string): string {
  return (
    (JSON.parse(readFileSync(file, "utf8")) as { mediaType?: string }).mediaType ??
    "application/vnd.oci.image.manifest.v1+json"
  );
}

function blob(folder: string, digest: string): string {
  return join(folder, "blobs", ...digest.split(":"));
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  file: string,
  type: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(200, { "content-type": type, "content-length": statSync(file).size, ...headers });
  if (request.method === "HEAD") response.end();
  else createReadStream(file).pipe(response);
}

/** Writes an image of this machine's store as a folder to serve, unless it is there. */
export async function imageFolder(
  storeArguments: readonly string[],
  reference: string,
  folder: string,
): Promise<string> {
  if (!existsSync(join(folder, "index.json")))
    await execa("buildah", [
      ...storeArguments,
      "push",
      "--quiet",
      "--disable-compression",
      reference,
      `oci:${folder}:it`,
    ]);
  return folder;
}

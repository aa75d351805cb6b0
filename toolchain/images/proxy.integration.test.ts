import { execa } from "execa";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createPlainServer, type RequestListener } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { createAuthority, issueCertificate } from "../../provider/pki/x509.ts";
import { TOOLCHAIN_CLI } from "../project.ts";
import { forwardProxy } from "../testing/forward-proxy.ts";
import { useScratch } from "../testing/scratch.ts";
import { integrityOf, npmPackage } from "./packages.ts";
import { ImageStore } from "./store.ts";

const scratch = useScratch();

async function portOf(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Answers with what stands at a path, and 404 elsewhere. */
function serving(
  files: Readonly<Record<string, { readonly type: string; readonly body: string | Buffer }>>,
): RequestListener {
  return ({ url = "" }, answer) => {
    const file = files[url.split("?")[0] ?? ""];
    if (file === undefined) return void answer.writeHead(404).end();
    answer.writeHead(200, { "content-type": file.type, "content-length": Buffer.byteLength(file.body) }).end(file.body);
  };
}

/** A registry with one image that has one file. */
async function registryOf(name: string): Promise<RequestListener> {
  const layer = (
    await execa("tar", ["--create", "--directory", scratch.path, "--files-from", "-"], {
      input: "content",
      encoding: "buffer",
    })
  ).stdout;
  const digest = (body: string | Uint8Array) => `sha256:${createHash("sha256").update(body).digest("hex")}`;
  const config = JSON.stringify({
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    config: {},
    rootfs: { type: "layers", diff_ids: [digest(layer)] },
  });
  const oci = "application/vnd.oci.image";
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: `${oci}.manifest.v1+json`,
    config: { mediaType: `${oci}.config.v1+json`, digest: digest(config), size: config.length },
    layers: [{ mediaType: `${oci}.layer.v1.tar`, digest: digest(layer), size: layer.length }],
  });
  return serving({
    "/v2/": { type: "application/json", body: "{}" },
    [`/v2/${name}/manifests/1`]: { type: `${oci}.manifest.v1+json`, body: manifest },
    [`/v2/${name}/blobs/${digest(config)}`]: { type: "application/octet-stream", body: config },
    [`/v2/${name}/blobs/${digest(layer)}`]: { type: "application/octet-stream", body: Buffer.from(layer) },
  });
}

it("pulls an image through the proxy that the environment names", async () => {
  writeFileSync(join(scratch.path, "content"), "from afar");
  const authority = await createAuthority("somebody's", 1);
  const { certificatePem: cert, privateKeyPem: key } = await issueCertificate(authority, {
    commonName: "registry",
    dnsNames: ["registry.example"],
    validityDays: 1,
  });
  const ca = join(scratch.path, "ca.crt");
  writeFileSync(ca, authority.certificatePem);
  const proxy = await forwardProxy({
    "registry.example": await portOf(createServer({ cert, key }, await registryOf("tiny"))),
  });
  const env = {
    GUILDNET_HOME: scratch.home.root,
    GUILDNET_TOOLCHAIN: "",
    HTTPS_PROXY: proxy.url,
    https_proxy: proxy.url,
    NODE_EXTRA_CA_CERTS: ca,
    SSL_CERT_FILE: ca,
    SSL_CERT_DIR: scratch.path,
  };
  const { stdout } = await execa(process.execPath, [TOOLCHAIN_CLI, "image", "registry.example/tiny:1"], { env });
  expect(JSON.parse(stdout)).toMatchObject({
    reference: "registry.example/tiny:1",
    id: expect.stringMatching(/^sha256:/),
  });
  expect(new Set(proxy.asked)).toEqual(new Set(["registry.example:443"]));
});

it("fetches the packages that an image is built of through it", async () => {
  const { store, proxy } = await packagesBehindAProxy();
  vi.stubEnv("http_proxy", proxy.url);
  vi.stubEnv("npm_config_registry", "http://packages.example/");
  onTestFinished(() => void vi.unstubAllEnvs());
  const integrity = await integrityOf(join(scratch.path, "tiny-1.0.0.tgz"));
  const archive = await npmPackage(
    { store, log: () => {}, ensure: async () => {} },
    { name: "tiny", version: "1.0.0", integrity },
    scratch.path,
  );
  expect(readFileSync(archive).length).toBeGreaterThan(0);
  expect(new Set(proxy.asked)).toEqual(new Set(["packages.example:80"]));
});

/** An npm registry with one package. */
async function packagesBehindAProxy() {
  const source = join(scratch.path, "source");
  mkdirSync(source);
  writeFileSync(join(source, "package.json"), JSON.stringify({ name: "tiny", version: "1.0.0" }));
  await execa("npm", ["pack", "--silent", "--pack-destination", scratch.path, source]);
  const file = join(scratch.path, "tiny-1.0.0.tgz");
  const dist = { tarball: "http://packages.example/tiny/-/tiny-1.0.0.tgz", integrity: await integrityOf(file) };
  const server = createPlainServer(
    serving({
      "/tiny": {
        type: "application/json",
        body: JSON.stringify({
          name: "tiny",
          "dist-tags": { latest: "1.0.0" },
          versions: { "1.0.0": { name: "tiny", version: "1.0.0", dist } },
        }),
      },
      "/tiny/-/tiny-1.0.0.tgz": { type: "application/octet-stream", body: readFileSync(file) },
    }),
  );
  return {
    store: new ImageStore(scratch.home),
    proxy: await forwardProxy({ "packages.example": await portOf(server) }),
  };
}

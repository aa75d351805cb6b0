import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import type { UnpackedImage } from "./toolchain.ts";

/**
 * An image as an OCI archive without the contents of its layers, for a containerd that has them unpacked: it
 * takes no notice of what is missing (`images.Children` ends at layers, and `Unpack` skips those whose snapshot is there).
 * https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export async function archiveWithoutLayers(reference: string, { config, layers }: UnpackedImage): Promise<Buffer> {
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...addressed(config) },
    layers: layers.map(({ diffId, size }) => ({
      mediaType: "application/vnd.oci.image.layer.v1.tar",
      digest: diffId,
      size,
    })),
  });
  const index = JSON.stringify({
    schemaVersion: 2,
    // containerd takes this name as it is, where it would put others below a prefix.
    manifests: [
      {
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        ...addressed(manifest),
        annotations: { "io.containerd.image.name": reference },
      },
    ],
  });
  const archive = pack();
  const files = {
    "oci-layout": JSON.stringify({ imageLayoutVersion: "1.0.0" }),
    "index.json": index,
    [blobName(manifest)]: manifest,
    [blobName(config)]: config,
  };
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  return buffer(archive);
}

function addressed(content: string): { digest: string; size: number } {
  return { digest: digestOf(content), size: Buffer.byteLength(content) };
}

function blobName(content: string): string {
  return `blobs/${digestOf(content).replace(":", "/")}`;
}

/** `sha256:` and 64 hex digits. */
export function digestOf(content: string): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

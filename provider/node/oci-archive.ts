import { createHash } from "node:crypto";
import type { UnpackedImage } from "./toolchain.ts";

const blockSize = 512;

/**
 * An image as an OCI archive without the contents of its layers, for a containerd that has them unpacked: it
 * takes no notice of what is missing (`images.Children` ends at layers, and `Unpack` skips those whose snapshot is there).
 * https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export function archiveWithoutLayers(reference: string, { config, layers }: UnpackedImage): Buffer {
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...addressed(config) },
    layers: layers.map(({ diffId, size }) => ({ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: diffId, size })),
  });
  const index = JSON.stringify({
    schemaVersion: 2,
    // containerd takes this name as it is, where it would put others below a prefix.
    manifests: [{ mediaType: "application/vnd.oci.image.manifest.v1+json", ...addressed(manifest), annotations: { "io.containerd.image.name": reference } }],
  });
  return tar({ "oci-layout": JSON.stringify({ imageLayoutVersion: "1.0.0" }), "index.json": index, [blobName(manifest)]: manifest, [blobName(config)]: config });
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

/** A few small files as a tar archive; names of at most 100 ASCII characters. */
function tar(files: Readonly<Record<string, string>>): Buffer {
  const members = Object.entries(files).flatMap(([name, text]) => {
    const content = Buffer.from(text);
    return [header(name, content.length), content, Buffer.alloc(-content.length & (blockSize - 1))];
  });
  return Buffer.concat([...members, Buffer.alloc(2 * blockSize)]);
}

/** Fields at their places, octal numbers, and the sum of all bytes taken while its own field is blank: https://www.gnu.org/software/tar/manual/html_node/Standard.html */
function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(blockSize);
  const fields: [at: number, value: string][] = [[0, name], [100, "0000644"], [108, "0000000"], [116, "0000000"], [124, octal(size, 11)], [136, octal(0, 11)], [148, " ".repeat(8)], [156, "0"], [257, "ustar\u000000"]];
  for (const [at, value] of fields) block.write(value, at, "latin1");
  block.write(`${octal(block.reduce((sum, byte) => sum + byte, 0), 6)}\u0000`, 148, "latin1");
  return block;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

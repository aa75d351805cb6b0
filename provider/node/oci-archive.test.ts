import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { archiveWithoutLayers, digestOf } from "./oci-archive.ts";

const diffId = `sha256:${"1".repeat(64)}`;
const image = { config: '{"created":"größer als ASCII"}', layers: [{ diffId, size: 7, folder: "/layer" }] };

/** A file of the archive, taken out by the machine's own tar. */
async function file(name: string): Promise<string> {
  const { stdout } = await execa("tar", ["--extract", "--to-stdout", "--file", "-", name], {
    input: await archiveWithoutLayers("guildnet.local/a:b", image),
    stripFinalNewline: false,
  });
  return stdout;
}

describe("an archive without layers", () => {
  test("holds a layout, an index, a manifest and the configuration, and nothing else", async () => {
    const { stdout } = await execa("tar", ["--list", "--file", "-"], {
      input: await archiveWithoutLayers("guildnet.local/a:b", image),
    });
    expect(stdout.split("\n")).toEqual([
      "oci-layout",
      "index.json",
      expect.stringMatching(/^blobs\/sha256\/[0-9a-f]{64}$/),
      `blobs/sha256/${digestOf(image.config).slice(7)}`,
    ]);
  });

  test("names the image as it is, and each part by its hash and length", async () => {
    const index = JSON.parse(await file("index.json")) as {
      manifests: { digest: string; size: number; annotations: object }[];
    };
    const { digest, size, annotations } = index.manifests[0]!;
    expect(annotations).toEqual({ "io.containerd.image.name": "guildnet.local/a:b" });
    const manifest = await file(`blobs/${digest.replace(":", "/")}`);
    expect([digestOf(manifest), manifest.length]).toEqual([digest, size]);
    expect(JSON.parse(manifest)).toMatchObject({
      config: { digest: digestOf(image.config), size: Buffer.byteLength(image.config) },
      layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: diffId, size: 7 }],
    });
    expect(await file(`blobs/${digestOf(image.config).replace(":", "/")}`)).toBe(image.config);
  });
});

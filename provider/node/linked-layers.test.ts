import { execa } from "execa";
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { machine } from "../testing/containerd.ts";
import { scratchFolder } from "../testing/scratch.ts";
import { guildnetHome } from "./layout.ts";
import { chainIds, linkImage, upperFolder } from "./linked-layers.ts";
import { startTimeOf } from "./process.ts";
import type { UnpackedImage } from "./toolchain.ts";

const [base, middle, top] = ["1", "2", "3"].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string, string];
const reference = "guildnet.local/a:b";

/** An image whose layers hold a file each, below GUILDNET_HOME. */
function image(...diffIds: string[]): UnpackedImage {
  const layers = diffIds.map((diffId) => {
    const folder = join(guildnetHome(), "storage", diffId, "diff");
    mkdirSync(join(folder, "folder"), { recursive: true });
    writeFileSync(join(folder, "folder", "file"), diffId);
    symlinkSync("nowhere", join(folder, "link"));
    chmodSync(folder, 0o555);
    return { diffId, size: 1, folder };
  });
  return { config: JSON.stringify({ rootfs: { diff_ids: diffIds } }), layers };
}

describe("chainIds", () => {
  test("name a layer with those below it", () => {
    // As containerd named the layers of an image that it unpacked itself.
    const diffIds = [
      "sha256:fa7dfde23099e4fdc9ee0bc81ff11eca5137dc4c555f9311876c1c39c73d1d85",
      "sha256:dd8612897d23dc725c08f1621218d48698ece15945ba6997757171fa40d14c72",
      "sha256:cd5d366442b56131ea986e85320b0abe42c6f4e9bdfd8a96e55766d26bf9cef1",
    ];
    expect(chainIds(diffIds)).toEqual([
      diffIds[0],
      "sha256:3b44df0c848d6a8779884d25e9a0a24f6e1f5227ef8a70700f50dce4abf0c222",
      "sha256:43530810ace8418d5a02be76c00ecfdbbce1c3665f773bcc7db0b9c870e0da9d",
    ]);
  });
});

describe("upperFolder", () => {
  const fs = (number: number): string =>
    `/run/guildnet/data/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/${number}/fs`;

  test("is what the lowest layer binds", () => {
    expect(upperFolder(JSON.stringify([{ Type: "bind", Source: fs(1), Target: "", Options: ["rw", "rbind"] }]))).toBe(
      fs(1),
    );
  });

  test("is where other layers' files go", () => {
    expect(
      upperFolder(
        JSON.stringify([
          {
            Type: "overlay",
            Source: "overlay",
            Options: ["index=off", "workdir=/w", `upperdir=${fs(2)}`, `lowerdir=${fs(1)}`],
          },
        ]),
      ),
    ).toBe(fs(2));
  });

  test.each([
    "",
    "{}",
    "[]",
    '[{"Type":"overlay","Source":"overlay","Options":null}]',
    '[{"Type":"bind","Source":"/var/lib/containerd/1/fs","Options":[]}]',
  ])("is not guessed from %j", (prepared) => {
    expect(() => upperFolder(prepared)).toThrow();
  });
});

describe("linkImage", () => {
  test("links every layer, the lowest first, before the image appears, and lets it keep them", async () => {
    const { node, asked, snapshots } = machine();
    const [first, second] = chainIds([base, middle]) as [string, string];
    await linkImage(node, reference, image(base, middle));
    const draft = (name: string): string => `guildnet-${process.pid}-${startTimeOf(process.pid)}-${name}`;
    expect(asked().slice(0, 5)).toEqual([
      `snapshots prepare --mounts ${draft(first)}`,
      `snapshots commit ${first} ${draft(first)}`,
      `snapshots prepare --mounts ${draft(second)} ${first}`,
      `snapshots commit ${second} ${draft(second)}`,
      "images import --digests=false -",
    ]);
    expect(asked().slice(5).sort()).toEqual(
      [first, second].map((name) => `snapshots label ${name} containerd.io/gc.root=`).sort(),
    );
    expect(snapshots().sort()).toEqual([first, second].sort());
  });

  test("uses the very files, in folders of its own that are alike, and opens the root folder", async () => {
    const { node } = machine();
    const {
      layers: [layer],
      ...rest
    } = image(base);
    chmodSync(join(layer!.folder, "folder"), 0o1777);
    await linkImage(node, reference, { ...rest, layers: [layer!] });
    const made = join(node.folder, "data/containerd/snapshots", base),
      inode = (...path: string[]): number => statSync(join(...path)).ino;
    expect(inode(made, "folder", "file")).toBe(inode(layer!.folder, "folder", "file"));
    expect(inode(made, "folder")).not.toBe(inode(layer!.folder, "folder"));
    expect([made, join(made, "folder")].map((path) => statSync(path).mode & 0o7777)).toEqual([0o755, 0o1777]);
  });

  test.each([false, true])(
    "makes what two images share once (one of them sees too late that it is there: %j)",
    async (late) => {
      const { node, asked, missed } = machine();
      if (late) missed(base);
      const [one, other] = [image(base, middle), image(top)];
      await Promise.all([
        linkImage(node, reference, one),
        linkImage(node, "guildnet.local/c:d", { ...other, layers: [one.layers[0]!, other.layers[0]!] }),
      ]);
      expect(asked().filter((line) => line.startsWith("snapshots commit"))).toHaveLength(3);
    },
  );

  test("makes nothing again that is there, and removes what a killed run left unfinished, but nobody else's", async () => {
    const killed = `guildnet-${process.pid}-1-${base}`,
      gone = `guildnet-999999999-5-${base}`,
      alive = `guildnet-${process.ppid}-${startTimeOf(process.ppid)}-${base}`;
    const { node, asked, snapshots } = machine(base, killed, gone, alive);
    await linkImage(node, reference, image(base));
    expect(snapshots().sort()).toEqual([alive, base].sort());
    expect(asked().filter((line) => /prepare|commit/.test(line))).toEqual([]);
  });

  test("makes a layer again that is gone since, and one that could not be made before", async () => {
    const { node, snapshots, failing } = machine(),
      one = image(base);
    await linkImage(node, reference, one);
    rmSync(join(node.folder, "data/containerd/snapshots", base), { recursive: true });
    failing("snapshots commit");
    await expect(linkImage(node, reference, one)).rejects.toThrow("pretends to fail");
    failing("nothing");
    await linkImage(node, reference, one);
    expect(snapshots()).toEqual([base]);
  });

  test("takes a layer that another program finished first", async () => {
    const { node, asked, overtaken, snapshots } = machine();
    overtaken(base);
    await linkImage(node, reference, image(base));
    expect(snapshots()).toEqual([base]);
    expect(asked()).toContain("images import --digests=false -");
  });

  test.each(["snapshots prepare", "snapshots commit"])(
    "leaves nothing unfinished and makes no image where containerd refuses to %s",
    async (command) => {
      const { node, asked, failing, snapshots } = machine();
      failing(command);
      await expect(linkImage(node, reference, image(base))).rejects.toThrow("pretends to fail");
      expect(snapshots()).toEqual([]);
      expect(asked().join()).not.toContain("import");
    },
  );

  test("leaves nothing unfinished where files can't be linked", async () => {
    const { node, snapshots } = machine();
    await expect(
      linkImage(node, reference, { config: "{}", layers: [{ diffId: base, size: 1, folder: "/nowhere/at/all" }] }),
    ).rejects.toThrow("/nowhere/at/all");
    expect(snapshots()).toEqual([]);
  });
});

describe("link-layer", () => {
  const script = join(import.meta.dirname, "scripts", "link-layer");

  test.skipIf(process.getuid?.() !== 0)("links while buildah has its folder mounted over itself", async () => {
    const home = scratchFolder(),
      [from, to] = [join(home, "storage", "layer"), join(home, "clusters", "layer")];
    for (const folder of [from, to]) mkdirSync(folder, { recursive: true });
    writeFileSync(join(from, "file"), "text");
    const apart = ["--mount", "--propagation", "private"];
    await execa("unshare", [
      ...apart,
      "bash",
      "-c",
      'mount --bind "$1" "$1" && shift && exec "$@"',
      "bash",
      join(home, "storage"),
      "unshare",
      ...apart,
      script,
      home,
      from,
      to,
    ]);
    expect(readFileSync(join(to, "file"), "utf8")).toBe("text");
    expect(statSync(join(to, "file")).nlink).toBe(2);
  });
});

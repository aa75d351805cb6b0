import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { withLock } from "../lock.ts";
import { place } from "./go-images.ts";
import { MACHINE_FOLDER, withMachineSettings } from "./machine.ts";
import type { Builder } from "./recipe.ts";

const DEBIAN = "docker.io/library/debian:bookworm-slim";

/** Crates of one commit, the version of each, and the program that it is. */
const PROGRAMS = [
  { crate: "radicle-cli", version: "0.23.0", program: "rad" },
  { crate: "radicle-node", version: "0.21.1", program: "radicle-node" },
  { crate: "radicle-remote-helper", version: "0.18.1", program: "git-remote-rad" },
] as const;

/** A crate knows neither its release nor its commit, which the programs tell of themselves and to each other. */
const RELEASE = { RADICLE_VERSION: "1.10.0", GIT_HEAD: "71a91042d96b", SOURCE_DATE_EPOCH: "1784851200" };

/** Debian's newest Rust, which it brings for browsers: its ordinary one is years older than what the crates ask for. */
const COMPILER = ["cargo-web", "rustc-web", "gcc", "libc6-dev", "ca-certificates"];

/** Where the build finds what is kept between builds. */
const CACHE = "/var/cache/cargo";

/**
 * Radicle's programs alone, for other images to take them from: upstream has no image of them. They are compiled inside
 * of the Debian they run in, so that no Rust has to be on this machine, nor a C library as old as the image's. What is
 * downloaded and compiled stays in the cache, and a build that was ended goes on where it was.
 */
export async function radiclePrograms(reference: string, builder: Builder): Promise<void> {
  const { store, log } = builder;
  await builder.ensure(DEBIAN);
  const cache = join(store.home.cache, "cargo");
  await mkdir(cache, { recursive: true });
  await withLock(store.home, "cargo", () => compile(store.run.bind(store), { home: store.home, cache, log }));
  await store.compose(
    reference,
    "scratch",
    async (root) => {
      for (const { program } of PROGRAMS) await place(join(cache, "out/bin", program), join(root, program));
    },
    [],
  );
}

async function compile(
  run: Builder["store"]["run"],
  { home, cache, log }: { home: Builder["store"]["home"]; cache: string; log: Builder["log"] },
): Promise<void> {
  const container = await run(["from", "--pull-never", DEBIAN]);
  try {
    await withMachineSettings(home, async ({ mounts, buildArgs }) => {
      const volumes = Object.entries({ ...mounts, [cache]: CACHE }).map(
        ([host, path]) => `--volume=${host}:${path}:${host === cache ? "rw" : "ro"}`,
      );
      const settings = {
        ...RELEASE,
        CARGO_HOME: `${CACHE}/home`,
        CARGO_TARGET_DIR: `${CACHE}/target`,
        CARGO_TERM_COLOR: "never",
        // Most of the time of a whole optimisation for a tenth of the speed: what these programs wait for is git and the network.
        CARGO_PROFILE_RELEASE_OPT_LEVEL: "1",
        CARGO_PROFILE_RELEASE_LTO: "off",
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16",
        CARGO_PROFILE_RELEASE_STRIP: "symbols",
        ...("NODE_EXTRA_CA_CERTS" in buildArgs && { CARGO_HTTP_CAINFO: buildArgs["NODE_EXTRA_CA_CERTS"] }),
      };
      const environment = Object.entries(settings).map(([name, value]) => `--env=${name}=${value}`);
      const inside = (...command: string[]): Promise<string> =>
        run(["run", "--network=host", ...volumes, ...environment, container, "--", ...command], log);
      await inside("apt-get", "update");
      await inside("apt-get", "install", "--yes", "--no-install-recommends", ...COMPILER);
      for (const { crate, version } of PROGRAMS)
        await inside(
          "cargo",
          ...["--config", `${MACHINE_FOLDER}/cargo.toml`],
          ...["install", "--locked", "--force", "--no-track", "--root", `${CACHE}/out`, `${crate}@${version}`],
        );
    });
  } finally {
    await run(["rm", container]);
  }
}

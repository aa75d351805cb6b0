import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "../lock.ts";
import { place } from "./go-images.ts";
import { MACHINE_FOLDER, withMachineSettings } from "./machine.ts";
import type { Builder } from "./recipe.ts";

const DEBIAN = "docker.io/library/debian:bookworm-slim";

/** Where the build sees the crates that it is of, with their versions. */
const SOURCE = "/src";
const CRATES = fileURLToPath(new URL("../rust/radicle/", import.meta.url));

/** Crates of one commit, and the program that each is. */
const PROGRAMS = { "radicle-cli": "rad", "radicle-node": "radicle-node", "radicle-remote-helper": "git-remote-rad" };

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
      for (const program of Object.values(PROGRAMS))
        await place(join(cache, "target/release", program), join(root, program));
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
      const volumes = [
        ...Object.entries({ ...mounts, [CRATES]: SOURCE }).map(([host, path]) => `--volume=${host}:${path}:ro`),
        `--volume=${cache}:${CACHE}:rw`,
      ];
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
      await inside(
        "cargo",
        ...["--config", `${MACHINE_FOLDER}/cargo.toml`],
        ...["build", "--release", "--locked", "--bins", "--manifest-path", `${SOURCE}/Cargo.toml`],
        ...Object.keys(PROGRAMS).map((crate) => `--package=${crate}`),
      );
    });
  } finally {
    await run(["rm", container]);
  }
}

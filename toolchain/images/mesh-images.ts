import { join } from "node:path";
import { placeBusybox, staticBusybox } from "./busybox.ts";
import { compiled, mozillaAuthorities, place, placeBasics } from "./go-images.ts";
import type { Builder } from "./recipe.ts";
import { parseReference } from "./reference.ts";
import { withScratch } from "./scratch.ts";

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Headscale where upstream's image builder (ko) puts it, /ko-app/headscale, which is on the PATH as well.
 * Like upstream's distroless base it has no shell, and names no user: a pod says as whom it runs.
 */
export async function headscale(reference: string, builder: Builder): Promise<void> {
  const { store } = builder;
  await withScratch(store.home, async (scratch) => {
    const binary = await compiled({ module: "headscale", command: ".", variables: {} }, scratch, builder);
    const authorities = await mozillaAuthorities(builder, scratch);
    await store.compose(
      reference,
      "scratch",
      async (root) => {
        await place(binary, join(root, "ko-app/headscale"));
        await placeBasics(root, authorities);
      },
      ["--entrypoint", '["/ko-app/headscale"]', "--env", `PATH=${PATH}:/ko-app`],
    );
  });
}

/**
 * Tailscale's three programs where upstream's build_docker.sh puts them. `containerboot` is what reads the
 * TS_ variables. In userspace mode it needs nothing else; the iptables of upstream's base are left out.
 */
export async function tailscale(reference: string, builder: Builder): Promise<void> {
  const { store } = builder;
  const version = parseReference(reference).tag.replace(/^v/, "");
  const variables = { "tailscale.com/version.longStamp": version, "tailscale.com/version.shortStamp": version };
  await withScratch(store.home, async (scratch) => {
    const binaries = new Map<string, string>();
    for (const program of ["tailscaled", "tailscale", "containerboot"]) {
      const build = {
        module: "tailscale",
        command: `tailscale.com/cmd/${program}`,
        variables,
        tags: ["ts_kube", "ts_package_container"],
      };
      binaries.set(program, await compiled(build, scratch, builder, program));
    }
    const shell = await staticBusybox(builder, scratch);
    const authorities = await mozillaAuthorities(builder, scratch);
    await store.compose(
      reference,
      "scratch",
      async (root) => {
        await placeBusybox(shell, root);
        for (const [program, binary] of binaries) await place(binary, join(root, "usr/local/bin", program));
        await placeBasics(root, authorities);
      },
      ["--cmd", '["/usr/local/bin/containerboot"]', "--env", `PATH=${PATH}`],
    );
  });
}

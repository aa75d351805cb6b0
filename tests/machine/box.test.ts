import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import waitFor from "p-wait-for";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guildnetHome } from "../../toolchain/home.ts";
import { Box } from "./box.ts";
import { provisions } from "./guild.ts";
import { archiveUrl } from "./releases.ts";
import { hostsOf, serveUpstream, type Upstream } from "./upstream.ts";

const [sshPort, upstreamPort] = [
  Number(process.env.GUILDNET_TEST_SSH_PORT ?? 18922),
  Number(process.env.GUILDNET_TEST_UPSTREAM_PORT ?? 18943),
];
/** What a person's shell has on that machine: its authorities are not Node's own. */
const guildnet = (command: string): string =>
  `cd /root/guildnet && GUILDNET_STACK_FILES=/root/stack NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt npm run --silent ${command} --stack box`;
const kubectl = "kubectl --kubeconfig /root/.guildnet/clusters/guildnet-box-cluster/kubeconfig";

let folder: string, upstream: Upstream, box: Box;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "guildnet-upstream-"));
  const { releases, images, furnish } = await provisions(folder);
  upstream = await serveUpstream(upstreamPort, releases, images);
  const upstreamHosts = hostsOf(Object.keys(releases), Object.keys(images));
  box = await Box.start(
    { sshPort, upstreamPort, authority: upstream.authority, upstreamHosts, furnish },
    join(guildnetHome().cache, "box"),
  );
});

afterAll(async () => {
  await box?.remove();
  upstream?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Waits until the guild is well, all addresses included. */
async function isWell(): Promise<void> {
  await waitFor(() => box.succeeds(guildnet("status --")), {
    interval: 5000,
    timeout: { milliseconds: 1_800_000, message: "the guild did not get well" },
  });
}

describe("an ordinary Linux machine", () => {
  test("runs systemd, and cgroups of version 2 alone", async () => {
    expect(await box.run("ps -o comm= -p 1; stat -f -c %T /sys/fs/cgroup")).toBe("systemd\ncgroup2fs");
  });

  test("has a guild after one command, from release archives and registries' images", async () => {
    expect(await box.run(`${guildnet("up --")} 2>&1`)).toContain("The stack box is up.");
    expect(upstream.asked).toEqual(
      expect.arrayContaining([
        `GET ${archiveUrl("pulumi")}`,
        `GET ${archiveUrl("pulumi-kubernetes")}`,
        "GET https://registry-1.docker.io/v2/rancher/local-path-provisioner/manifests/v0.0.30",
        "GET https://registry.example.org/v2/guild/workspace/manifests/1",
      ]),
    );
    // The engine fetches what a program might use, if it may.
    expect(upstream.asked.filter((question) => question.startsWith("GET https://github.com/"))).toEqual([
      `GET ${archiveUrl("pulumi")}`,
    ]);
    await isWell();
  });

  test("starts no daemon of Debian's, now or later", async () => {
    expect(await box.run("systemctl is-enabled containerd haproxy || true")).toBe("disabled\ndisabled");
    expect(await box.run("systemctl is-active containerd haproxy || true")).toBe("inactive\ninactive");
  });

  test("has the cluster as a unit of systemd's, with the pods' cgroups in it", async () => {
    expect(
      await box.run(
        "systemctl is-active guildnet-guildnet-box-cluster; systemctl is-enabled guildnet-guildnet-box-cluster; systemctl show --property=Delegate --value guildnet-guildnet-box-cluster",
      ),
    ).toBe("active\nenabled\nyes");
    expect(await box.run("ls /sys/fs/cgroup/system.slice/guildnet-guildnet-box-cluster.service/pods")).toContain(
      "kubepods",
    );
  });

  test("ends the process that runs out of memory, and not the editor", async () => {
    const restarts = (): Promise<string> =>
      box.run(
        `${kubectl} get pods --namespace ws-ada --output 'jsonpath={.items[*].metadata.name} {.items[*].status.containerStatuses[*].restartCount}'`,
      );
    const before = await restarts();
    // Piece by piece: all at once is more than the machine has, and refused.
    const greedy = "[bytearray(64 << 20) for _ in range(128)]";
    expect(await box.succeeds(`${kubectl} exec --namespace ws-ada deploy/workspace -- python3 -c '${greedy}'`)).toBe(
      false,
    );
    expect(await box.run("journalctl --dmesg --grep 'oom-kill:' --no-pager --quiet")).toContain("task=python3");
    expect(await restarts()).toBe(before);
    await isWell();
  });

  test("has its guild back after a reboot, with no command", async () => {
    await box.run(
      `${kubectl} exec --namespace ws-ada deploy/workspace -- sh -c 'echo saved > /home/guild/project/saved'`,
    );
    await box.reboot();
    await isWell();
    expect(await box.run(`${kubectl} exec --namespace ws-ada deploy/workspace -- cat /home/guild/project/saved`)).toBe(
      "saved",
    );
    expect(await box.run(`${guildnet("up --")} 2>&1`)).toContain("The stack box is unchanged.");
  });

  test("has no unit and no process of a cluster any more after a destroy", async () => {
    await box.run(guildnet("destroy -- --data --yes"));
    expect(await box.succeeds("systemctl cat guildnet-guildnet-box-cluster")).toBe(false);
    expect(await box.run("ls /etc/systemd/system/multi-user.target.wants")).not.toContain("guildnet");
    expect(await box.run("pgrep --list-name 'etcd|kube' || [ $? -eq 1 ]")).toBe("");
  });
});

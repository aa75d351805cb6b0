import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { inWorkspace } from "../support/events.ts";
import { configure, guildnet, kubectl, mustGuildnet, onePerson, ports, upWith } from "../support/guildnet.ts";
import { TunnelMachine } from "../support/tunnel-machine.ts";

// Any system may be left out: stacks/left-out.test.ts leaves out each, rendered. These are two guilds of some for real;
// the third, of a workspace and nothing else, is the one that all other tests of this lane stand on.

const soon = { timeout: 90_000, interval: 500 };

afterAll(() => upWith(onePerson));

describe("a workspace in a guild of some systems", () => {
  test(
    "asks models by Codex and pushes images, without a bus, monitoring, or a mesh",
    { timeout: 900_000 },
    async () => {
      await upWith({
        ...onePerson,
        models: { server: { kind: "ollama", keepData: false } },
        registry: { keepData: false },
      });
      await ready();
      const asked = "cd $(mktemp -d) && git init --quiet && codex exec 'What is the capital of France?'";
      expect(await inWorkspace("ada", "sh", "-c", asked)).toMatch(/\w+ \w+ \w+/);
      const image = "docker://registry.guildnet-registry.svc/ada/empty:1";
      const pushed = `cd $(mktemp -d) && umoci init --layout it && umoci new --image it:1 && skopeo copy oci:it:1 ${image}`;
      await inWorkspace("ada", "sh", "-c", pushed);
      expect(await inWorkspace("ada", "skopeo", "inspect", "--no-creds", image)).toContain('"Digest"');
      expect(await mustGuildnet("verify")).toContain("is well");
      expect(await mustGuildnet("up")).toContain("is unchanged");
    },
  );

  test("is reached by a visitor through the tunnel, beside a mesh, without a registry, models, or a bus", async () => {
    const folder = mkdtempSync(join(tmpdir(), "guildnet-left-out-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const machine = await TunnelMachine.start(folder);
    onTestFinished(() => machine.stop());
    const host = "ada.example.org";
    const { address: server, caCertificatePem: caCertificate, token } = machine;
    const publish = [{ workspace: "ada", port: "web", host, evenThoughPrivate: true }];
    configure({
      workspaces: [{ owner: "ada", ports: [{ name: "web", port: 3000 }] }],
      mesh: { kind: "headscale", port: ports.mesh },
      tunnel: { kind: "frp", server, caCertificate, publish },
    });
    await mustGuildnet("pulumi", ["config", "set", "--secret", "guildnet:tunnelToken", token]);
    await mustGuildnet("up");
    await ready();
    const serve = "echo Hello >~/index.html; cd ~ && nohup python3 -m http.server 3000 >/dev/null 2>&1 &";
    await inWorkspace("ada", "sh", "-c", serve);
    const { stdout } = await guildnet("pulumi", ["stack", "output", "--json"]);
    const { tunnel } = JSON.parse(stdout.slice(stdout.indexOf("{"))) as { tunnel: { caCertificate: string } };
    const answer = { status: 200, body: "Hello\n" };
    await vi.waitFor(
      async () => expect(await machine.visit({ name: host, ca: tunnel.caCertificate })).toEqual(answer),
      soon,
    );
    // All but what asks the internet's DNS for a name that is nobody's.
    const { all } = await guildnet("verify", ["--patience", "0"]);
    expect(all.split("\n").filter((line) => line.startsWith("✖ "))).toEqual([
      expect.stringContaining("Verify the stack"),
      expect.stringMatching(/port web of the workspace ada on the internet .*ENOTFOUND ada\.example\.org/),
    ]);
    expect(await mustGuildnet("up")).toContain("is unchanged");
  });
});

async function ready(): Promise<void> {
  await kubectl("rollout", "status", "--namespace", "ws-ada", "deploy/workspace", "--timeout", "120s");
}

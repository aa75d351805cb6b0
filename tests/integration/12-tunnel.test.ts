import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { changesAhead, configure, everything, guildnet, kubectl, mustGuildnet, upWith } from "../support/guildnet.ts";
import { makeImage, push, registryHost } from "../support/hello/image.ts";
import { TunnelMachine } from "../support/tunnel-machine.ts";

// What a guild publishes, held against a real frp server on a machine of its own, as a visitor sees it there.

const folder = mkdtempSync(join(tmpdir(), "guildnet-tunnel-"));
/** What frp's server says in TLS of a name that it was told nothing of. */
const unknown = /unrecognized name/;
const soon = { timeout: 90_000, interval: 500 };
const image = `${registryHost}/ada/published:1`;
const apps = [
  { name: "hello", owner: "ada", image, port: 8080, visibility: "public" },
  { name: "diary", owner: "ada", image, port: 8080 },
];
const hello = { app: "hello", host: "hello.example.org" };
let machine: TunnelMachine,
  ca = "";

beforeAll(async () => {
  await upWith(everything);
  await kubectl("rollout", "status", "--namespace", "ws-ada", "deploy/workspace", "--timeout", "90s");
  await makeImage("Hello from the guild");
  await push("ada/published:1");
  machine = await TunnelMachine.start(folder);
});

afterAll(async () => {
  await machine.stop();
  rmSync(folder, { recursive: true, force: true });
  await upWith(everything);
});

describe("what is published", () => {
  test("answers on a machine that the guild connects to, over TLS, and is told of", async () => {
    const said = await publish({ ...hello, until: "2999-12-24" });
    expect(said).toContain("Everybody on the internet can open app hello, of ada, at https://hello.example.org/");
    ca = await authorityOfPublished();
    await vi.waitFor(async () => expect(await visit()).toEqual({ status: 200, body: "Hello from the guild" }), soon);
    expect(await changesAhead()).toEqual([]);
  });

  test("is for a visitor who trusts its authority, and no other", async () => {
    await expect(machine.visit({ name: hello.host, ca: machine.caCertificatePem })).rejects.toThrow(
      /unable to verify|self.signed/,
    );
  });

  test("is all there is: no other name leads anywhere, nor does one in another's connection", async () => {
    for (const name of ["diary.example.org", "guildnet.localhost", "diary.guildnet-apps.localhost", "example.org"]) {
      await expect(machine.visit({ name, ca }), name).rejects.toThrow(unknown);
      expect((await visit({ host: name })).status, name).toBe(421);
    }
    for (const path of ["/.guildnet/session?ticket=x", "/.guildnet/"])
      expect((await visit({ path })).status, path).toBe(404);
    expect((await visit({ path: "/api/workspaces" })).body).toBe("Hello from the guild");
  });

  test("is there again after tunnel, portal and server were killed", async () => {
    for (const [namespace, app] of [
      ["guildnet-tunnel", "tunnel"],
      ["guildnet-portal", "portal"],
    ] as const) {
      await kill(namespace, app);
      await vi.waitFor(async () => expect((await visit()).status).toBe(200), soon);
    }
    await machine.restart();
    await vi.waitFor(async () => expect((await visit()).status).toBe(200), soon);
  });

  test("has its token nowhere in the clear", async () => {
    const said = [
      (await guildnet("pulumi", ["stack", "export"])).all,
      (await guildnet("pulumi", ["preview", "--diff"])).all,
      await kubectl("get", "events,deployments,pods,configmaps", "--all-namespaces", "--output", "yaml"),
      await kubectl("logs", "--namespace", "guildnet-tunnel", "deploy/tunnel"),
    ];
    for (const text of said) {
      expect(text.length).toBeGreaterThan(100);
      expect(text).not.toContain(machine.token);
      expect(text).not.toContain(Buffer.from(machine.token).toString("base64"));
    }
  });
});

describe("the end of its time", () => {
  test("is told to the portal, which closes it then by itself, and keeps it closed", async () => {
    expect(await listed()).toEqual([
      { host: hello.host, label: "hello", until: "2999-12-25T00:00:00.000Z", evenThoughPrivate: false },
    ]);
    await endAt(new Date(Date.now() + 2000));
    await vi.waitFor(async () => expect((await visit()).status).toBe(404), soon);
    await kill("guildnet-portal", "portal");
    await vi.waitFor(async () => expect((await visit()).status).toBe(404), soon);
  });

  test("comes at the next run as well, which takes away what led there", async () => {
    await publish({ ...hello, until: "2999-12-24" });
    await vi.waitFor(async () => expect((await visit()).status).toBe(200), soon);
    const said = await publish({ ...hello, until: new Date().toISOString() });
    expect(said).toContain("hello.example.org is closed: its time was over");
    await expect(visit()).rejects.toThrow(unknown);
    expect(await kubectl("get", "namespace", "guildnet-tunnel", "--ignore-not-found", "--output", "name")).toBe("");
    expect(
      await kubectl(
        "get",
        "service",
        "--namespace",
        "guildnet-portal",
        "--output",
        "jsonpath={.items[*].metadata.name}",
      ),
    ).toBe("portal tools");
  });
});

/** Has the stack up with this published. @returns what `up` says */
async function publish(...publications: object[]): Promise<string> {
  const { address, caCertificatePem, token } = machine;
  const tunnel = { kind: "frp", server: address, caCertificate: caCertificatePem, publish: publications };
  configure({ ...everything, apps, tunnel });
  await mustGuildnet("pulumi", ["config", "set", "--secret", "guildnet:tunnelToken", token]);
  return mustGuildnet("up");
}

async function authorityOfPublished(): Promise<string> {
  const { stdout } = await guildnet("pulumi", ["stack", "output", "--json"]);
  const { tunnel } = JSON.parse(stdout.slice(stdout.indexOf("{"))) as { tunnel: { caCertificate: string } };
  return tunnel.caCertificate;
}

function visit(otherwise: { host?: string; path?: string } = {}) {
  return machine.visit({ name: hello.host, ca, ...otherwise });
}

async function listed(): Promise<object[]> {
  const list = ["get", "configmap", "published", "--namespace", "guildnet-portal", "--output"];
  return JSON.parse(await kubectl(...list, "jsonpath={.data.publications}")) as object[];
}

/** Has what is published end at a moment, as its config would. */
async function endAt(moment: Date): Promise<void> {
  const publications = (await listed()).map((one) => ({ ...one, until: moment.toISOString() }));
  const patch = JSON.stringify({ data: { publications: JSON.stringify(publications) } });
  await kubectl(
    "patch",
    "configmap",
    "published",
    "--namespace",
    "guildnet-portal",
    "--type",
    "merge",
    "--patch",
    patch,
  );
}

async function kill(namespace: string, app: string): Promise<void> {
  const selector = `app.kubernetes.io/name=${app}`;
  await kubectl("delete", "pod", "--namespace", namespace, "--selector", selector, "--grace-period", "0", "--force");
  await kubectl("rollout", "status", "--namespace", namespace, `deploy/${app}`, "--timeout", "90s");
}

import { status, type sendUnaryData, type ServerReadableStream, type ServerWritableStream } from "@grpc/grpc-js";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { gunzipSync, gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { Unreachable } from "../errors.ts";
import { anotherAuthority, api, secrets, talosServer, type Behaviour } from "../testing/talos-server.ts";
import { Calls } from "./calls.ts";
import { fingerprintOf, mutual, targetOf } from "./channel.ts";
import { TalosClient } from "./client.ts";
import { issueCredentials } from "./secrets.ts";

const credentials = await issueCredentials(secrets, "os:admin", 1);

type Answer<T> = sendUnaryData<T>;
const unary =
  (answer: object | ((request: Record<string, unknown>) => object)) =>
  (call: { request: Record<string, unknown> }, done: Answer<object>): void =>
    done(null, typeof answer === "function" ? answer(call.request) : answer);
const failing =
  (code: status, details: string) =>
  (_call: unknown, done: Answer<object>): void =>
    done({ code, details });
const streaming =
  (...messages: object[]) =>
  (call: ServerWritableStream<object, object>): void => {
    for (const message of messages) call.write(message);
    call.end();
  };
const isVersion = (tag: string) =>
  unary({ messages: [{ version: { tag }, platform: { name: "container", mode: "container" } }] });

/** A client of a stand-in that behaves so. */
async function clientOf(behaviour: Behaviour): Promise<TalosClient> {
  const { address } = await talosServer(behaviour);
  return connected(address);
}

function connected(address: string): TalosClient {
  const client = TalosClient.of(api, address, credentials);
  onTestFinished(() => client.close());
  return client;
}

async function archive(name: string, content: string): Promise<Buffer> {
  const files = pack();
  files.entry({ name }, content);
  files.finalize();
  return gzipSync(await buffer(files));
}

describe("a machine of a cluster", () => {
  test("says its version over mutual TLS", async () => {
    const client = await clientOf({ machine: { Version: isVersion("v1.13.0") } });
    expect(await client.version()).toEqual({ tag: "v1.13.0", mode: "container" });
  });

  test("is told a config as a whole, and how to take it", async () => {
    const asked: Record<string, unknown>[] = [];
    const client = await clientOf({
      machine: {
        ApplyConfiguration: unary((request) => {
          asked.push(request);
          return { messages: [{ mode: "NO_REBOOT", mode_details: "Applied", warnings: ["old field"] }] };
        }),
      },
    });
    expect(await client.applyConfiguration("version: v1alpha1\n", { mode: "no-reboot", dryRun: true })).toEqual({
      mode: "NO_REBOOT",
      details: "Applied",
      warnings: ["old field"],
    });
    expect(asked[0]).toMatchObject({ data: Buffer.from("version: v1alpha1\n"), mode: "NO_REBOOT", dry_run: true });
  });

  test("gives services, of which nothing may be known, and etcd's members by numbers of 64 bits", async () => {
    const client = await clientOf({
      machine: {
        ServiceList: unary({
          messages: [
            {
              services: [
                { id: "etcd", state: "Running", health: { healthy: true, last_message: "ok" } },
                { id: "cri", state: "Starting", health: { unknown: true } },
              ],
            },
          ],
        }),
        EtcdMemberList: unary({
          messages: [
            { members: [{ id: "18446744073709551615", hostname: "one", peer_urls: ["https://10.5.0.2:2380"] }] },
          ],
        }),
      },
    });
    expect(await client.services()).toEqual([
      { id: "etcd", state: "Running", healthy: true, message: "ok" },
      { id: "cri", state: "Starting", healthy: undefined, message: "" },
    ]);
    expect(await client.etcdMembers()).toEqual([
      { id: "18446744073709551615", hostname: "one", peerUrls: ["https://10.5.0.2:2380"], isLearner: false },
    ]);
  });

  test("gives the kubeconfig out of its archive, however it is cut", async () => {
    const whole = await archive("kubeconfig", "apiVersion: v1\n");
    const client = await clientOf({
      machine: { Kubeconfig: streaming({ bytes: whole.subarray(0, 7) }, { bytes: whole.subarray(7) }) },
    });
    expect(await client.kubeconfig()).toBe("apiVersion: v1\n");
  });

  test("gives the kubeconfig out of an archive without an end, as Talos sends it, and not out of one that breaks off before", async () => {
    const files = await archive("kubeconfig", "apiVersion: v1\n".repeat(100));
    const cut = (length: number): Buffer => gzipSync(gunzipSync(files).subarray(0, length));
    const bytes = [cut(512 + 1500), cut(512 + 1000)];
    const client = await clientOf({
      machine: {
        Kubeconfig: (call: ServerWritableStream<object, object>) => streaming({ bytes: bytes.shift() })(call),
      },
    });
    expect(await client.kubeconfig()).toHaveLength(1500);
    await expect(client.kubeconfig()).rejects.toThrow("can't be read");
  });

  test.each([
    ["has no kubeconfig", archive("other", "")],
    ["can't be read", Promise.resolve(Buffer.from("nonsense"))],
  ])("says of an archive that it %s", async (words, archived) => {
    const client = await clientOf({ machine: { Kubeconfig: streaming({ bytes: await archived }) } });
    await expect(client.kubeconfig()).rejects.toThrow(words);
  });

  test("takes back the snapshot of etcd that it gave, to the byte", async () => {
    const snapshot = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));
    const received: Buffer[] = [];
    const client = await clientOf({
      machine: {
        EtcdSnapshot: streaming({ bytes: snapshot.subarray(0, 60_000) }, { bytes: snapshot.subarray(60_000) }),
        EtcdRecover(call: ServerReadableStream<{ bytes: Buffer }, object>, done: Answer<object>) {
          call.on("data", ({ bytes }: { bytes: Buffer }) => received.push(bytes));
          call.on("end", () => done(null, { messages: [{}] }));
        },
      },
    });
    await client.sendEtcdSnapshot(await client.etcdSnapshot());
    expect(Buffer.concat(received).equals(snapshot)).toBe(true);
    expect(received).toHaveLength(4);
  });
});

describe("an upgrade", () => {
  const image = "ghcr.io/siderolabs/installer:v1.13.1";
  const ended = (exit_code: number) => [{ progress: { message: "installing\n" } }, { progress: { exit_code } }];

  test("pulls the image and runs it, from 1.13 on, and leaves the reboot", async () => {
    const said: string[] = [];
    const client = await clientOf({
      machine: { Version: isVersion("v1.13.0") },
      images: { Pull: streaming({ pull_progress: { layer_id: "a" } }, { name: `${image}@sha256:00` }) },
      lifecycle: {
        Upgrade(call: ServerWritableStream<{ source: { image_name: string } }, object>) {
          said.push(call.request.source.image_name);
          streaming(...ended(0))(call);
        },
      },
    });
    expect(await client.upgrade(image, (message) => said.push(message))).toEqual({ reboots: false });
    expect(said).toEqual([`pulling ${image}`, `${image}@sha256:00`, "installing"]);
  });

  test.each([
    ["ended with exit code 3", ended(3)],
    ["did not say how it ended", []],
  ])("fails where the installer %s, though the call does not", async (words, messages) => {
    const client = await clientOf({
      machine: { Version: isVersion("v1.14.2") },
      images: { Pull: streaming({ name: image }) },
      lifecycle: { Upgrade: streaming(...messages) },
    });
    await expect(client.upgrade(image, () => {})).rejects.toMatchObject({
      code: "talos-upgrade-failed",
      message: expect.stringContaining(words),
    });
  });

  test("is the machine's own work before 1.13", async () => {
    const client = await clientOf({
      machine: { Version: isVersion("v1.12.9"), Upgrade: unary({ messages: [{ ack: "ok", actor_id: "a" }] }) },
    });
    expect(await client.upgrade(image, () => {})).toEqual({ reboots: true });
  });
});

describe("a failure", () => {
  test.each([
    [status.ALREADY_EXISTS, "talos-exists"],
    [status.FAILED_PRECONDITION, "talos-refused"],
    [status.INVALID_ARGUMENT, "talos-invalid"],
    [status.PERMISSION_DENIED, "talos-forbidden"],
    [status.UNIMPLEMENTED, "talos-unsupported"],
    [status.INTERNAL, "talos-failed"],
  ])("of code %i is told as %s, with Talos' words, the machine and the call", async (code, expected) => {
    const client = await clientOf({ machine: { Bootstrap: failing(code, "its own words") } });
    await expect(client.bootstrap()).rejects.toMatchObject({
      name: "ActionableError",
      code: expected,
      message: expect.stringMatching(/^Talos at 127\.0\.0\.1:\d+ failed Bootstrap: its own words/),
    });
  });

  test("that a proxy put into the answer is one", async () => {
    const client = await clientOf({
      machine: {
        Version: unary({ messages: [{ metadata: { error: "no such machine" } }] }),
        EtcdSnapshot: streaming({ metadata: { error: "etcd is not up" } }),
      },
    });
    await expect(client.etcdSnapshot()).rejects.toThrow("etcd is not up");
  });

  test("of a machine that belongs to another cluster says so, and is not worth another try", async () => {
    const { address } = await talosServer({ machine: {} }, { authority: anotherAuthority });
    const failure = await connected(address)
      .version()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "talos-untrusted" });
    expect(failure).not.toBeInstanceOf(Unreachable);
  });

  test("of a stream that breaks off is told", async () => {
    const client = await clientOf({
      machine: {
        EtcdSnapshot(call: ServerWritableStream<object, object>) {
          call.write({ bytes: Buffer.from("part") });
          call.emit("error", { code: status.UNAVAILABLE, details: "etcd went away" });
        },
      },
    });
    await expect(client.etcdSnapshot()).rejects.toMatchObject({ code: "talos-unreachable" });
  });

  test("to answer is told as one that may pass, and passes once the machine is back", async () => {
    const first = await talosServer({ machine: { Version: isVersion("v1.13.0") } });
    const client = connected(first.address);
    await client.version();
    await first.stop();
    await expect(client.version()).rejects.toBeInstanceOf(Unreachable);
    await talosServer({ machine: { Version: isVersion("v1.13.1") } }, { port: Number(first.address.split(":")[1]) });
    await vi.waitFor(async () => expect(await client.version()).toMatchObject({ tag: "v1.13.1" }), { timeout: 20_000 });
  });
});

describe("a machine without a config", () => {
  const behaviour = { machine: { Version: isVersion("v1.13.0") } };

  test("is taken for the one that answers first, or has to have the fingerprint of its console", async () => {
    const { address, certificatePem } = await talosServer(behaviour, { authority: anotherAuthority });
    const fingerprint = fingerprintOf(new X509Certificate(certificatePem));
    for (const expected of [undefined, fingerprint]) {
      const client = await TalosClient.inMaintenance(api, address, expected);
      onTestFinished(() => client.close());
      expect(await client.version()).toMatchObject({ tag: "v1.13.0" });
    }
    await expect(TalosClient.inMaintenance(api, address, "AAAA")).rejects.toMatchObject({
      code: "talos-fingerprint",
      message: expect.stringContaining(`${fingerprint}, not AAAA: nothing was sent to it`),
    });
  });

  test("is another one once its certificate changes", async () => {
    const first = await talosServer(behaviour, { authority: anotherAuthority });
    const client = await TalosClient.inMaintenance(api, first.address);
    onTestFinished(() => client.close());
    await first.stop();
    await talosServer(behaviour, { authority: anotherAuthority, port: Number(first.address.split(":")[1]) });
    await vi.waitFor(
      () => expect(client.version()).rejects.toMatchObject({ code: expect.stringMatching("talos-untrusted") }),
      { timeout: 20_000 },
    );
  });

  test("that is off, or no Talos, does not answer", async () => {
    const listening = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
    await once(listening, "listening");
    const address = `127.0.0.1:${(listening.address() as AddressInfo).port}`;
    await expect(TalosClient.inMaintenance(api, address)).rejects.toBeInstanceOf(Unreachable);
    listening.close();
    await once(listening, "close");
    await expect(TalosClient.inMaintenance(api, address)).rejects.toMatchObject({
      code: "talos-unreachable",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });
});

describe("time", () => {
  /** Answers nothing but failures, and notes for each call how long it may take. */
  function refusing(left: Record<string, string>, answers: Behaviour): Behaviour {
    const noting =
      (name: string, answer?: (call: never, done: never) => void) =>
      (call: ServerWritableStream<object, object>, done?: Answer<object>): void => {
        const milliseconds = Number(call.getDeadline()) - Date.now();
        left[name] =
          (["15 s", "10 min", "30 min"] as const).find((_, at) => milliseconds <= [15_000, 600_000, 1_800_000][at]!) ??
          "for ever";
        const failure = { code: status.INTERNAL, details: "noted" };
        if (answer !== undefined) answer(call as never, done as never);
        else if (done === undefined) call.emit("error", failure);
        else done(failure);
      };
    return Object.fromEntries(
      Object.entries(api).map(([group, { service }]) => [
        group,
        Object.fromEntries(
          Object.keys(service).map((name) => [name, noting(name, answers[group as keyof Behaviour]?.[name] as never)]),
        ),
      ]),
    );
  }

  test("is bounded in every call, as long as its work takes", async () => {
    const left: Record<string, string> = {};
    const client = await clientOf(
      refusing(left, { machine: { Version: isVersion("v1.13.0") }, images: { Pull: streaming({ name: "image" }) } }),
    );
    const nodes = { controlPlanes: [], workers: [] };
    const failing = [
      () => client.applyConfiguration(""),
      () => client.bootstrap(),
      () => client.kubeconfig(),
      () => client.services(),
      () => client.etcdMembers(),
      () => client.removeEtcdMember("1"),
      () => client.leaveEtcd(),
      () => client.etcdSnapshot(),
      () => client.sendEtcdSnapshot(Buffer.from("all")),
      () => client.file("/etc/hosts"),
      () => client.health(nodes, 300_000, () => {}),
      () => client.upgrade("image", () => {}),
      () => client.reboot(),
      () => client.shutdown(),
      () => client.reset({ graceful: true, reboot: false }),
    ];
    for (const call of failing) await expect(call()).rejects.toThrow("noted");
    expect(left).toEqual({
      Version: "15 s",
      ApplyConfiguration: "10 min",
      Bootstrap: "10 min",
      Kubeconfig: "10 min",
      ServiceList: "15 s",
      EtcdMemberList: "15 s",
      EtcdRemoveMemberByID: "15 s",
      EtcdLeaveCluster: "10 min",
      EtcdSnapshot: "10 min",
      EtcdRecover: "10 min",
      Read: "15 s",
      HealthCheck: "10 min",
      Pull: "30 min",
      Upgrade: "30 min",
      Reboot: "15 s",
      Shutdown: "15 s",
      Reset: "10 min",
    });
  });

  test("that is over ends a call of any kind, as one that may succeed later", async () => {
    const { address } = await talosServer({
      machine: { Version: () => {}, EtcdSnapshot: () => {}, EtcdRecover: () => {} },
    });
    const calls = new Calls(api.machine, address, mutual(credentials, address));
    onTestFinished(() => calls.close());
    const soon = 200;
    for (const call of [
      () => calls.one("Version", {}, z.unknown(), soon),
      () => calls.many("EtcdSnapshot", {}, z.unknown(), soon).next(),
      () => calls.send("EtcdRecover", [{ bytes: Buffer.from("part") }], z.unknown(), soon),
    ]) {
      const failure = await call().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Unreachable);
      expect(failure).toMatchObject({ code: "talos-timeout" });
    }
  });
});

test.each([
  ["10.5.0.2", "10.5.0.2:50000"],
  ["talos.example.org:50001", "talos.example.org:50001"],
  ["fd00::2", "[fd00::2]:50000"],
  ["[fd00::2]:50001", "[fd00::2]:50001"],
])("the address %s is %s for grpc", (address, target) => expect(targetOf(address)).toBe(target));

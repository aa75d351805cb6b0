import { describe, expect, test } from "vitest";
import { NoPod } from "../cluster/ready-pod.ts";
import { Unreachable } from "../errors.ts";
import { cluster, pod, type Cluster } from "../testing/cluster.ts";
import { readyContainer } from "./pod.ts";

const silent = (): void => {};
const echo = async (): Promise<Cluster> => cluster((command) => ({ stdout: command.join(" ") }));

describe("a command", () => {
  test("runs in the container that is ready, without a shell, and gives what it prints", async () => {
    const served = await echo();
    served.pods = [pod("leaving", { deleted: true }), pod("starting", { ready: false }), pod("headscale-1")];
    const container = await readyContainer(served.address, { ready: 1000 }, silent);
    expect(await container.run("headscale", "a b", "$HOME;&")).toBe("headscale a b $HOME;&");
    expect(served.commands).toEqual([["headscale-1", "headscale", "headscale", "a b", "$HOME;&"]]);
  });

  test("that fails is told with its last words", async () => {
    const served = await cluster(() => ({
      stdout: "a-secret",
      stderr: 'starting\n{"error":"no such key"}\n',
      exitCode: 1,
    }));
    const container = await readyContainer(served.address, { ready: 1000 }, silent);
    await expect(container.run("headscale", "apikeys", "expire", "--prefix", "x")).rejects.toMatchObject({
      code: "command-failed",
      message: '"headscale apikeys expire" failed in the pod headscale-0: {"error":"no such key"}',
    });
  });

  test("that fails without a word is told with the kubelet's", async () => {
    const served = await cluster(() => ({ exitCode: 137 }));
    const container = await readyContainer(served.address, { ready: 1000 }, silent);
    await expect(container.run("headscale")).rejects.toThrow(
      '"headscale" failed in the pod headscale-0: command terminated with exit code 137',
    );
  });

  test("whose connection breaks has no answer", async () => {
    const served = await cluster(() => ({ lost: true }));
    const container = await readyContainer(served.address, { ready: 1000 }, silent);
    await expect(container.run("headscale")).rejects.toBeInstanceOf(Unreachable);
  });
});

describe("a container", () => {
  test("is waited for, and what it waits for is told meanwhile", async () => {
    const served = await echo(),
      told: string[] = [];
    served.pods = [
      pod("headscale-0", {
        ready: false,
        state: { waiting: { reason: "ImagePullBackOff", message: "no such image" } },
      }),
    ];
    const waiting = readyContainer(served.address, { ready: 10_000 }, (message) => {
      told.push(message);
      served.pods = [pod("headscale-0")];
    });
    expect(await (await waiting).run("true")).toBe("true");
    expect(told).toEqual(["the pod headscale-0 is not ready: ImagePullBackOff: no such image"]);
  });

  test("that does not come is no pod, which the message describes", async () => {
    const served = await echo();
    served.pods = [pod("leaving", { deleted: true })];
    const error: unknown = await readyContainer(served.address, { ready: 60_000, there: 500 }, silent).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(NoPod);
    expect((error as Error).message).toBe("there is no pod app=headscale in the namespace mesh");
  });

  test("of a cluster that does not answer is unknown", async () => {
    const served = await echo();
    const error: unknown = await readyContainer(
      { ...served.address, context: "nowhere" },
      { ready: 500 },
      silent,
    ).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Unreachable);
    expect(error).not.toBeInstanceOf(NoPod);
    expect((error as Error).message).toMatch(/^the API server https:\/\/127.0.0.1:9 does not answer: .*ECONNREFUSED/);
  });

  test("of a cluster that takes the connection and says nothing is unknown after its time", async () => {
    const served = await echo(),
      start = Date.now();
    served.status = 0;
    await expect(readyContainer(served.address, { ready: 300 }, silent)).rejects.toThrow(
      /does not answer: no word for 0.3 s$/,
    );
    expect(Date.now() - start).toBeLessThan(5000);
  });

  test("of a cluster that refuses is not asked for again", async () => {
    const served = await echo();
    served.status = 403;
    await expect(readyContainer(served.address, { ready: 60_000 }, silent)).rejects.toMatchObject({
      code: "cluster-refused",
      message: expect.stringMatching(/answered 403 to the list of pods in mesh$/),
    });
  });

  test("of a cluster that is not trusted is not asked at all", async () => {
    const served = await echo();
    await expect(
      readyContainer({ ...served.address, context: "stranger" }, { ready: 60_000 }, silent),
    ).rejects.toMatchObject({ code: "cluster-refused", message: expect.stringContaining("cannot be asked") });
  });

  test("of a context that the kubeconfig lacks is a mistake", async () => {
    const served = await echo();
    await expect(
      readyContainer({ ...served.address, context: "another" }, { ready: 60_000 }, silent),
    ).rejects.toMatchObject({ code: "kubeconfig-incomplete" });
  });
});

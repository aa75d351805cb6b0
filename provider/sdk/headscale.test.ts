import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import { describe, expect, test } from "vitest";

interface Request {
  getName(): string;
  getAdditionalsecretoutputsList(): string[];
}
type Monitor = { registerResource(request: Request, callback: unknown): Promise<void> };

const inputs: Record<string, Record<string, unknown>> = {},
  secretOutputs: Record<string, string[]> = {};
const monitor = MockMonitor.prototype as unknown as Monitor,
  { registerResource } = monitor;
monitor.registerResource = function (request, callback) {
  secretOutputs[request.getName()] = request.getAdditionalsecretoutputsList();
  return registerResource.call(this, request, callback);
};
await pulumi.runtime.setMocks({
  newResource: (made) => {
    inputs[made.name] = made.inputs;
    return { id: made.name, state: { ...made.inputs, userId: "1" } };
  },
  call: (made) => made.inputs,
});
const { HeadscaleApiKey, HeadscalePolicy, HeadscalePreAuthKey, HeadscaleUser } = await import("./headscale.ts");

const server = { url: "https://headscale.example.org", apiKey: "a.b" };
const pod = { kubeconfig: "{}", namespace: "mesh", labelSelector: "a=b", container: "headscale" };
const registered = (resource: pulumi.Resource): Promise<string> =>
  new Promise((resolve) => void resource.urn.apply(resolve));
/** The mark that the SDK gives a secret on its way to the engine. */
const sealed = (value: unknown): object =>
  expect.objectContaining({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value });

describe("a server's key", () => {
  test.each<[string, pulumi.Input<typeof server>]>([
    ["fields", server],
    ["output", pulumi.output(server)],
    ["promise", Promise.resolve(server)],
  ])("is secret, given as %s", async (how, given) => {
    await registered(new HeadscalePolicy(how, { server: given, policy: "{}" }));
    // The mocks, unlike the engine, carry the mark up to the outermost value.
    expect(inputs[how]).toEqual({ server: sealed(server), policy: "{}" });
  });
});

test("defaults are those of the docstrings", async () => {
  const { userId } = new HeadscaleUser("ada", { server, name: "ada" });
  await registered(new HeadscalePreAuthKey("router", { server, userId, tags: ["tag:router"], expirationHours: 24 }));
  expect(inputs.router).toMatchObject({
    userId: "1",
    tags: ["tag:router"],
    reusable: false,
    ephemeral: false,
    expirationHours: 24,
    renewWhenUsed: false,
    generation: 1,
  });
  await registered(new HeadscaleApiKey("api", pod));
  expect(inputs.api).toEqual({ ...pod, kubeconfig: sealed("{}"), expirationDays: 90, renewBeforeDays: 30 });
});

test("keys are secret outputs, beside those that a program names", async () => {
  await registered(new HeadscaleApiKey("api", pod, { additionalSecretOutputs: ["prefix"] }));
  await registered(new HeadscalePreAuthKey("node", { server, userId: "1", tags: [], expirationHours: 24 }));
  expect([secretOutputs.api, secretOutputs.node]).toEqual([["key", "kubeconfig", "prefix"], ["key"]]);
});

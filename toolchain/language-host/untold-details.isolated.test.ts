import { createRequire } from "node:module";
import { afterEach, describe, expect, it, vi } from "vitest";
import { NO_DEBUG_MESSAGES } from "./debug-messages.ts";

const require = createRequire(import.meta.url);
const Module = require("node:module") as { _load: unknown };
const load = Module._load;

type Engine = { log: (request: { getMessage(): string }, done: () => void) => void };
interface Sdk {
  log: { debug(message: string): Promise<void>; info(message: string): Promise<void> };
  state: { withLocalStorage<T>(body: () => T): T; getLocalStore(): { settings: { engine?: Engine } } };
  debuggable: { debuggablePromise<T>(promise: Promise<T>, context: string): Promise<T> };
  response: object;
}

/** The SDK as a program finds it, loaded anew. */
async function sdk(): Promise<Sdk> {
  vi.resetModules();
  for (const file of Object.keys(require.cache))
    if (/@pulumi.pulumi|google-protobuf/.test(file)) delete require.cache[file];
  await import("./untold-details.ts");
  const pulumi = require("@pulumi/pulumi") as { log: Sdk["log"] };
  const { RegisterResourceResponse } = require("@pulumi/pulumi/proto/resource_pb") as {
    RegisterResourceResponse: new () => Sdk["response"];
  };
  return {
    log: pulumi.log,
    state: require("@pulumi/pulumi/runtime/state") as Sdk["state"],
    debuggable: require("@pulumi/pulumi/runtime/debuggable") as Sdk["debuggable"],
    response: new RegisterResourceResponse(),
  };
}

/** What an engine hears of two messages. */
async function heard({ log, state }: Sdk): Promise<string[]> {
  const messages: string[] = [];
  await state.withLocalStorage(async () => {
    state.getLocalStore().settings.engine = {
      log: (request, done) => {
        messages.push(request.getMessage());
        done();
      },
    };
    await log.debug("for debugging");
    await log.info("for all");
  });
  return messages;
}

afterEach(() => {
  Module._load = load;
  vi.unstubAllEnvs();
});

describe("debug messages", () => {
  it("are not told where nobody shows them, and all others are", async () => {
    vi.stubEnv(NO_DEBUG_MESSAGES, "true");
    const pulumi = await sdk();
    expect(await heard(pulumi)).toEqual(["for all"]);
    expect(String(pulumi.response)).toBe("(see --debug)");
  });

  it("are told where somebody may", async () => {
    const pulumi = await sdk();
    expect(await heard(pulumi)).toEqual(["for debugging", "for all"]);
    expect(String(pulumi.response)).not.toContain("--debug");
  });
});

describe("promises", () => {
  const noted = (promise: Promise<unknown>) =>
    (promise as { _debugStackTrace?: string })._debugStackTrace?.split("\n").length;

  it("are watched without their stacks, and other errors have theirs", async () => {
    const { debuggable } = await sdk();
    const promise = Promise.resolve(1);
    expect(await debuggable.debuggablePromise(promise, "one")).toBe(1);
    expect(noted(promise)).toBe(1);
    expect(new Error("another").stack?.split("\n").length).toBeGreaterThan(3);
  });

  it("have them for who looks for leaks", async () => {
    vi.stubEnv("PULUMI_DEBUG_PROMISE_LEAKS", "true");
    const { debuggable } = await sdk();
    const promise = Promise.resolve(1);
    await debuggable.debuggablePromise(promise, "one");
    expect(noted(promise)).toBeGreaterThan(3);
  });
});

import { interceptLoading } from "./commonjs.ts";
import { NO_DEBUG_MESSAGES } from "./debug-messages.ts";

interface Log {
  debug: (...args: unknown[]) => Promise<void>;
}
interface Debuggable {
  debuggablePromise: (promise: Promise<unknown>, context: unknown) => Promise<unknown>;
}
interface Protobuf {
  Message: { prototype: { toString: () => string } };
}

/**
 * The SDK calls the engine four times for each resource to tell what only `--debug` shows, each time with the whole
 * resource as text, and notes the stack of every promise for who looks for leaks (PULUMI_DEBUG_PROMISE_LEAKS). Where
 * nobody asked for either, that is a quarter of a program's processor time.
 */
interceptLoading((load) => (request, parent, ...rest) => {
  const loaded = load(request, parent, ...rest);
  if (!isOfSdk(parent?.filename)) return loaded;
  if (isQuiet()) {
    if (/\/log$/.test(request)) (loaded as Log).debug = () => Promise.resolve();
    if (request === "google-protobuf") (loaded as Protobuf).Message.prototype.toString = () => "(see --debug)";
  }
  if (/\/debuggable$/.test(request)) withoutStacks(loaded as Debuggable);
  return loaded;
});

function isOfSdk(file: string | undefined): boolean {
  return file?.includes("/@pulumi/pulumi/") === true;
}

function isQuiet(): boolean {
  return process.env[NO_DEBUG_MESSAGES] !== undefined;
}

const done = new WeakSet<Debuggable>();

function withoutStacks(module: Debuggable): void {
  if (done.has(module) || process.env.PULUMI_DEBUG_PROMISE_LEAKS) return;
  done.add(module);
  const { debuggablePromise } = module;
  module.debuggablePromise = (promise, context) => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return debuggablePromise(promise, context);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  };
}

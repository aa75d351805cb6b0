import { interceptLoading } from "./commonjs.ts";

/** Watches every script that is loaded, for closures that are to be serialised; a policy pack has none. */
const CLOSURE_HOOKS = "../../runtime/closure/v8Hooks";

interface RunModule {
  run(options: { typeScript: boolean }): unknown;
}

/**
 * The SDK gets TypeScript and ts-node ready for every policy pack, whatever the pack's option `typescript` says:
 * half of the start of one that is JavaScript.
 */
interceptLoading((load) => (request, parent, ...rest) => {
  if (parent?.filename?.endsWith("/run-policy-pack/index.js") !== true) return load(request, parent, ...rest);
  if (request === CLOSURE_HOOKS) return { isInitializedAsync: () => Promise.resolve() };
  const loaded = load(request, parent, ...rest);
  if (request !== "./run" || process.env.PULUMI_NODEJS_TYPESCRIPT === "true") return loaded;
  const module = loaded as RunModule;
  return { ...module, run: (options: { typeScript: boolean }) => module.run({ ...options, typeScript: false }) };
});

import { interceptLoading } from "./commonjs.ts";

interface RunModule { run(options: { typeScript: boolean }): unknown }

/**
 * The SDK gets TypeScript and ts-node ready for every policy pack, whatever the pack's option `typescript` says:
 * half of the start of one that is JavaScript.
 */
interceptLoading((load) => (request, parent, ...rest) => {
  const loaded = load(request, parent, ...rest);
  if (request !== "./run" || parent?.filename?.endsWith("/run-policy-pack/index.js") !== true || process.env.PULUMI_NODEJS_TYPESCRIPT === "true") return loaded;
  const module = loaded as RunModule;
  return { ...module, run: (options: { typeScript: boolean }) => module.run({ ...options, typeScript: false }) };
});

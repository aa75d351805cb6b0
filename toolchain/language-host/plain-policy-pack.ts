import Module from "node:module";

interface RunModule { run(options: { typeScript: boolean }): unknown }

/** How CommonJS loads a package; not in Node's types. */
const loader = Module as unknown as { _load: (request: string, parent: { filename?: string } | undefined, ...rest: unknown[]) => unknown };
const load = loader._load;

/**
 * The SDK gets TypeScript and ts-node ready for every policy pack, whatever the pack's option `typescript` says:
 * half of the start of one that is JavaScript.
 */
loader._load = function (request, parent, ...rest) {
  const loaded = load.call(this, request, parent, ...rest);
  if (request !== "./run" || parent?.filename?.endsWith("/run-policy-pack/index.js") !== true || process.env.PULUMI_NODEJS_TYPESCRIPT === "true") return loaded;
  const module = loaded as RunModule;
  return { ...module, run: (options: { typeScript: boolean }) => module.run({ ...options, typeScript: false }) };
};

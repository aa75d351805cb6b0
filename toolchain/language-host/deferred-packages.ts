import { interceptLoading } from "./commonjs.ts";

/**
 * Packages that `@pulumi/pulumi` loads at its start for the sake of serialised closures and of installing the engine
 * alone are loaded when something of them is first used, and so is its API to drive the engine. Half of the SDK's
 * start goes into them.
 */
const deferred = new Set(["typescript", "@npmcli/arborist", "normalize-package-data", "got"]);

interceptLoading((load) => (request, parent, ...rest) => {
  const isAutomation = request === "./automation" && parent?.filename?.endsWith("/@pulumi/pulumi/index.js") === true;
  if (!isAutomation && !deferred.has(request)) return load(request, parent, ...rest);
  let loaded: Record<PropertyKey, unknown> | undefined;
  const real = (): Record<PropertyKey, unknown> =>
    (loaded ??= load(request, parent, ...rest) as Record<PropertyKey, unknown>);
  return new Proxy(
    {},
    {
      get(_, name) {
        // What a compiler's helpers ask for to decide how to import it.
        if (name === "__esModule") return true;
        return name === "default" ? real() : real()[name];
      },
      has: (_, name) => name in real(),
      ownKeys: () => Reflect.ownKeys(real()),
      getOwnPropertyDescriptor: (_, name) => ({
        ...Reflect.getOwnPropertyDescriptor(real(), name),
        configurable: true,
      }),
    },
  );
});

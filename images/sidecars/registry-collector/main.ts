import { collect, summary } from "./collect.ts";
import { RegistryStore } from "./store.ts";

/** `node registry-collector.mjs <folder>`, in the pod of the registry's collector. What can't be read is damaged: its run is no success. */
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: registry-collector <folder>");
collect(new RegistryStore(folder)).then(
  (collection) => {
    process.stdout.write(`${summary(collection)}\n`);
    process.exitCode = collection.skipped.length === 0 ? 0 : 3;
  },
  (error: unknown) => {
    process.stderr.write(`Nothing was collected: ${String(error)}\n`);
    process.exitCode = 1;
  },
);

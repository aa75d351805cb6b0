import { copyVolume } from "./volume-copy.ts";

/** `node volume-copy.mjs <source> <target>`, in the pod of a backup's job. */
const [source, target] = process.argv.slice(2);
if (source === undefined || target === undefined) throw new Error("usage: volume-copy <source> <target>");
copyVolume(source, target).catch((error: unknown) => {
  process.stderr.write(`The volume can't be copied: ${String(error)}\n`);
  process.exit(1);
});

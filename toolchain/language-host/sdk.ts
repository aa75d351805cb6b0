import { createRequire } from "node:module";
import { join } from "node:path";

/** The entry points that `@pulumi/pulumi` brings for each kind of Node program. */
export type EntryPoint = "run" | "run-plugin" | "run-policy-pack";

/**
 * Path of an entry point in the SDK that the program itself would import: its version belongs
 * to the program, not to this host. Throws with the command that helps when there is none.
 */
export function sdkEntryPoint(entryPoint: EntryPoint, programDirectory: string): string {
  const resolve = createRequire(join(programDirectory, "index.js")).resolve;
  try {
    return resolve(`@pulumi/pulumi/cmd/${entryPoint}`);
  } catch (error) {
    throw new Error(`@pulumi/pulumi is not installed for ${programDirectory}. Run \`npm install\` there.`, {
      cause: error,
    });
  }
}

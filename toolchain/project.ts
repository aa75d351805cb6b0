import { fileURLToPath } from "node:url";

/** Root of the checkout: the folder with Pulumi.yaml. */
export const PROJECT_ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** The toolchain's own command, for those who call it from inside a run (the provider). */
export const TOOLCHAIN_CLI = fileURLToPath(new URL("bootstrap.mjs", import.meta.url));

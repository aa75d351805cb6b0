export * from "./certificates.ts";
export * from "./dry-run.ts";
export * from "./embedded-node.ts";
export * from "./headscale.ts";
export * from "./image-inputs.ts";
export * from "./node-image.ts";
export * from "./random-secret.ts";
export * from "./upstream-manifest.ts";

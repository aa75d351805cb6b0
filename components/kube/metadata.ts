import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";

/** Longest value of a label. */
const LABEL_LENGTH = 63;

/** A stack as the value of a label: "guildnet.dev", or a hash where that is too long for one. */
export function stackLabel(project: string = pulumi.getProject(), stack: string = pulumi.getStack()): string {
  const full = `${project}.${stack}`;
  return full.length <= LABEL_LENGTH && /^[A-Za-z0-9].*[A-Za-z0-9]$/.test(full)
    ? full
    : createHash("sha256").update(full).digest("hex").slice(0, 32);
}

/** Annotation of a pod's template that changes when what its pods mount does: they start anew, for what they read at their start alone. */
export function mountedVersion(version: pulumi.Input<string>): Record<string, pulumi.Input<string>> {
  return { "guildnet.io/mounted": version };
}

/** A short text that is another for every other content. */
export function contentVersion(content: string): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}

/** Annotation of an object that the engine shall not wait for once it is applied. */
export const unawaited = { "pulumi.com/skipAwait": "true" };

export interface MetaArgs {
  name: pulumi.Input<string>;
  namespace?: pulumi.Input<string>;
  labels?: Record<string, pulumi.Input<string>>;
  annotations?: Record<string, pulumi.Input<string>>;
}

/**
 * Metadata of an object this project owns under a fixed name.
 *
 * One field manager for all: by default each creation draws a random one, and a run that
 * was killed between applying an object and recording it would leave fields behind that
 * nobody owns any more. Forced: drift made by another tool is taken back instead of
 * ending the run with a conflict.
 */
export function objectMeta(args: MetaArgs): MetaArgs & { annotations: Record<string, pulumi.Input<string>> } {
  return {
    ...args,
    annotations: {
      "pulumi.com/patchFieldManager": "guildnet",
      "pulumi.com/patchForce": "true",
      ...args.annotations,
    },
  };
}

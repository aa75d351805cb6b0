/** A namespace that can't be held to *restricted* Pod Security, and why. */
export interface PrivilegedNamespace {
  readonly name: string;
  readonly reason: string;
}

/**
 * Every exception of this project. The policy pack keeps the same list in its own words
 * (a test compares them), so that an exception is always two deliberate edits.
 */
export const privilegedNamespaces = [
  {
    name: "local-path-storage",
    reason: "its helper pods make and remove the volumes' folders on the node, through a hostPath and as root",
  },
] as const satisfies readonly PrivilegedNamespace[];

/** Users from this one on are nobody's on a node. */
export const LOWEST_FREE_USER = 10_000;

/** Pod-level half of the *restricted* Pod Security standard, for a user of the image. */
export function restrictedPod(user: number) {
  return {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    fsGroup: user,
    // Without this the kubelet walks the whole volume at every start.
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** Container-level half, with a read-only root file system, which the standard doesn't ask for. */
export const restrictedContainer = {
  allowPrivilegeEscalation: false,
  privileged: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
};

/** Tests that can't pass here, and why. They are not run. A name that the suite does not know is a mistake. */
export const EXCLUDED: Readonly<Record<string, string>> = {
  "[sig-architecture] Conformance Tests should have at least two untainted nodes [Conformance]":
    "An embedded cluster is one node by design.",
  "[sig-node] ImageVolume should succeed with pod and pull policy of Always [LinuxOnly] [MinimumKubeletVersion:1.35] [Conformance]":
    "It pulls its image anew each time, from a registry that a closed network does not reach; images as volumes also take containerd 2.1, and Debian 12 has 1.6.",
};

/** Tests that fail, and why. */
export const FAILING: Readonly<Record<string, string>> = {};

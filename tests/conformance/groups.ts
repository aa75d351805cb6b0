/** One part of the suite, run by itself. */
export interface Group {
  readonly name: string;
  /** The beginning of its tests' names. */
  readonly tests: RegExp;
}

/** In the order in which they run. A test belongs to the first that takes it. */
export const GROUPS: readonly Group[] = [
  { name: "policies", tests: /^\[sig-network\] Netpol / },
  { name: "api-machinery", tests: /^\[sig-api-machinery\]/ },
  { name: "cli", tests: /^\[sig-cli\]/ },
  { name: "network", tests: /^\[sig-network\]/ },
  { name: "apps", tests: /^\[sig-apps\]/ },
  { name: "node", tests: /^\[sig-node\]/ },
  { name: "storage", tests: /^\[sig-storage\]/ },
  { name: "others", tests: /^/ },
];

export function groupOf(test: string): string {
  return GROUPS.find(({ tests }) => tests.test(test))?.name ?? "";
}

/**
 * Which tests there are to pass, as Ginkgo chooses them: all of conformance but what must have the cluster for itself
 * or takes nodes away, and all of NetworkPolicy but for SCTP, whose kernel module few machines have.
 */
export const CHOSEN = [
  { focus: String.raw`\[Conformance\]`, skip: String.raw`\[Serial\]|\[Disruptive\]` },
  { focus: String.raw`\[sig-network\] Netpol `, skip: "SCTP" },
] as const;

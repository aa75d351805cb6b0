/** Whether a release is that one or a later one; what comes before a release (`-alpha.1`) counts as it. */
export function atLeast(tag: string, wanted: string): boolean {
  const [has, needs] = [numbers(tag), numbers(wanted)];
  for (const [index, needed] of needs.entries()) {
    const found = has[index] ?? 0;
    if (found !== needed) return found > needed;
  }
  return true;
}

function numbers(tag: string): number[] {
  return (/^v?(\d+)\.(\d+)\.(\d+)/.exec(tag)?.slice(1) ?? []).map(Number);
}

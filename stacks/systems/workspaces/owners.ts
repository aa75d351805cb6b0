/** Whose backups a volume's own are: its owner's, then those of whoever it was taken over from. */
export function ownersOf({ owner, takeOverFrom }: { owner: string; takeOverFrom?: string }): string[] {
  return takeOverFrom === undefined ? [owner] : [owner, takeOverFrom];
}

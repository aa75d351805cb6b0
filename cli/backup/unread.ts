/** What restic says of files that it could not read, one of its lines each, without what is the same in all. */
export function unread(log: string): string[] {
  return log
    .split("\n")
    .filter((line) => line.startsWith("error: "))
    .map((line) => line.slice("error: ".length).replaceAll("/volume/", "").trim());
}

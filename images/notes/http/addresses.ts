/** Where the page shows a note. */
export function notePage(vault: string, path: string): string {
  return `/${vault}/note/${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** Where the page shows what has a tag. */
export function tagPage(vault: string, tag: string): string {
  return `/${vault}/search?${new URLSearchParams({ q: `#${tag}` })}`;
}

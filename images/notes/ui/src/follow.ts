import type { MouseEvent } from "react";
import { goTo } from "./place.ts";

/** Follows a link to another place of this page without loading it anew. */
export function followed(event: MouseEvent<HTMLElement>): void {
  const link = (event.target as HTMLElement).closest("a");
  if (link === null || link.target !== "" || link.origin !== window.location.origin) return;
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  // A place in the same text is the browser's to find.
  if (link.hash !== "" && link.pathname === window.location.pathname) return;
  event.preventDefault();
  goTo(link.pathname + link.search + link.hash);
}

import * as Y from "yjs";
import { changes } from "./text-diff.ts";

/** Where a note's text is in its document. */
const TEXT = "text";

export function textOf(document: Y.Doc): string {
  // oxlint-disable-next-line typescript/no-base-to-string -- a Y.Text has one
  return document.getText(TEXT).toString();
}

/** Makes the text another, touching nothing of it that stays. */
export function setText(document: Y.Doc, text: string, origin?: unknown): void {
  const shared = document.getText(TEXT);
  document.transact(() => {
    let place = 0;
    for (const change of changes(textOf(document), text)) {
      if (change.kind === "remove") shared.delete(place, change.length);
      else if (change.kind === "keep") place += change.length;
      else {
        shared.insert(place, change.text);
        place += change.text.length;
      }
    }
  }, origin);
}

export function documentOf(...updates: readonly Uint8Array[]): Y.Doc {
  const document = new Y.Doc();
  for (const update of updates) Y.applyUpdate(document, update);
  return document;
}

/** The state of a document that nobody has edited yet. */
export function stateOf(text: string): Uint8Array {
  const document = new Y.Doc();
  setText(document, text);
  return Y.encodeStateAsUpdate(document);
}

/**
 * What somebody did to a text outside, as an update for the document whose text it was: made in a copy of the document
 * as it was then. Merging the two is then what Yjs does between any two people, and what one of them wrote stays.
 * @param base the document's state when it had the text that was changed
 */
export function changeOf(base: Uint8Array, incoming: string): Uint8Array {
  const fork = documentOf(base);
  const before = Y.encodeStateVector(fork);
  setText(fork, incoming);
  return Y.encodeStateAsUpdate(fork, before);
}

/** Two texts that came of one. What either has added is in the result; what either has removed is not. */
export function mergeTexts(base: string, ours: string, theirs: string): string {
  if (ours === theirs || base === theirs) return ours;
  if (base === ours) return theirs;
  const state = stateOf(base);
  return textOf(documentOf(state, changeOf(state, ours), changeOf(state, theirs)));
}

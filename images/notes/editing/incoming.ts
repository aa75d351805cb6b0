import { extname } from "node:path";
import { bytesOfName } from "../git/names.ts";
import type { Repository, Entry, Difference } from "../git/repository.ts";
import { contentOf } from "../vault/files.ts";
import { isNotePath } from "../vault/note-path.ts";
import type { Vault } from "../vault/vault.ts";
import type { DocumentStore, Merge } from "./document-store.ts";
import type { Documents } from "./documents.ts";
import { mergeTexts } from "./merge.ts";

export interface Place {
  readonly vault: Vault;
  readonly repository: Repository;
  readonly store: DocumentStore;
  readonly documents: Documents;
}

/**
 * Two histories as one. What git can't merge is merged letter by letter, as if both had been written at once; what one
 * side removed and the other changed stays; of what is no text both stay, under two names.
 * @returns the commit
 */
export async function mergeCommits(repository: Repository, ours: string, theirs: string): Promise<string> {
  const { tree, conflicts } = await repository.mergeTree(ours, theirs);
  const solved = new Map<string, Entry | undefined>();
  for (const [path, stages] of conflicts) {
    const [base, mine, other] = [stages.get(1), stages.get(2), stages.get(3)];
    const [baseText, myText, otherText] = await Promise.all(
      [base, mine, other].map((entry) => textOf(repository, entry)),
    );
    if (mine === undefined || other === undefined) solved.set(path, mine ?? other);
    else if (myText !== undefined && otherText !== undefined) {
      const merged = await repository.writeText(mergeTexts(baseText ?? "", myText, otherText));
      solved.set(path, { ...merged, mode: mine.mode });
    } else {
      const ending = extname(path);
      solved.set(path, mine);
      solved.set(`${path.slice(0, path.length - ending.length)} (${other.object.slice(0, 8)})${ending}`, other);
    }
  }
  const merged = solved.size === 0 ? tree : await repository.changedTree(tree, solved);
  return await repository.commitTree(merged, [ours, theirs], "Merge what came from elsewhere");
}

/** Brings a commit into the folder and into open notes, from the one before; after a crash in the middle once more from where it stopped. */
export async function bringIn({ vault, repository, store, documents }: Place, { before, after }: Merge): Promise<void> {
  const differences = (await repository.differences(before, after))
    // What goes first: a note may come in the place of a folder, or a folder in that of a note.
    .toSorted((one, other) => Number(one.after !== undefined) - Number(other.after !== undefined));
  const others: string[] = [];
  for (const difference of differences) {
    const { path } = difference;
    const text = await textOf(repository, difference.after);
    if (!isNotePath(path) || (difference.after !== undefined && text === undefined)) {
      if (difference.after === undefined) await vault.files.removeOther(bytesOfName(path));
      else if (!difference.after.mode.startsWith("16")) others.push(path);
      continue;
    }
    if (!store.isMerged(path)) {
      await bringInNote(vault, repository, difference, text);
      store.addMerged(path);
    }
    const id = store.idOf(path);
    if (id !== undefined) await documents.settle(id);
  }
  await repository.moveTo(after, others);
  store.endMerge();
  await vault.refresh();
}

/** @param text undefined where the note is to go */
async function bringInNote(
  vault: Vault,
  repository: Repository,
  { path, before }: Difference,
  text: string | undefined,
): Promise<void> {
  const found = await vault.files.read(path);
  const onDisk = found?.kind === "text" ? found.text : undefined;
  if (onDisk === text) return;
  const was = await textOf(repository, before);
  // Somebody changed the file itself in between.
  if (text === undefined) {
    if (found !== undefined && (onDisk === undefined || onDisk === was)) await vault.files.remove(path);
  } else await vault.files.write(path, onDisk === undefined ? text : mergeTexts(was ?? "", onDisk, text));
}

async function textOf(repository: Repository, entry: Entry | undefined): Promise<string | undefined> {
  // Links and other repositories are no texts.
  if (entry === undefined || !entry.mode.startsWith("100")) return undefined;
  const content = contentOf(await repository.bytes(entry));
  return content.kind === "text" ? content.text : undefined;
}

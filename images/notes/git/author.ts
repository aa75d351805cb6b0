/** Who a change is by, as git has it. */
export interface Author {
  readonly name: string;
  readonly email: string;
}

/** A person of the guild. The address is nobody's mailbox: it tells git two people apart. */
export function memberAuthor(handle: string): Author {
  return { name: handle, email: `${handle}@guildnet.local` };
}

/** For what was changed in the folder by somebody who didn't say. */
export const NOBODY: Author = { name: "notes", email: "notes@guildnet.local" };

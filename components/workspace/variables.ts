/** Environment variables of ours, in workspaces and apps alike. */
export const RESERVED_ENVIRONMENT = /^GUILDNET_/;

/** Variables that a workspace's own start needs as its image has them, or decides by itself. */
export const WORKSPACE_ENVIRONMENT: readonly string[] = [
  "HOME",
  "PATH",
  "SHELL",
  "PWD",
  "BASH_ENV",
  "ENV",
  "PASSWORD",
  "HASHED_PASSWORD",
  "VSCODE_PROXY_URI",
];

/** Longest `name=value`, in bytes, that Linux starts a program with (MAX_ARG_STRLEN, without the end of the text). */
const LONGEST = 131_071;
/** Most of all of them: etcd takes an object of 1.5 MiB (`--max-request-bytes`), and there is more in it. */
const TOGETHER = 512 * 1024;

/** What is wrong with a variable's value, as what is allowed instead; undefined when nothing is. */
export function variableFault(name: string, value: string): string | undefined {
  if (/[\0\p{Cs}]/u.test(value)) return "text without the character NUL and without halves of characters";
  return bytesOf(name, value) > LONGEST
    ? `at most ${LONGEST} bytes, with the name: longer ones Linux starts no program with`
    : undefined;
}

/** What is wrong with all variables together, in the same words. */
export function variablesFault(variables: Readonly<Record<string, string>>): string | undefined {
  const sum = Object.entries(variables).reduce((bytes, [name, value]) => bytes + bytesOf(name, value), 0);
  return sum > TOGETHER
    ? `variables of at most ${TOGETHER / 1024} KiB together: the cluster keeps no larger objects`
    : undefined;
}

function bytesOf(name: string, value: string): number {
  return Buffer.byteLength(`${name}=${value}`);
}

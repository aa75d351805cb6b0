import { expect, it } from "vitest";
import { unwritable } from "./unwritable.ts";

const folders = { root: "/home/ada/.guildnet", stackFiles: "/etc/guilds" };
const refused = (code: string, path?: string): Error =>
  Object.assign(new Error(`${code}: open '${path}'`), { code, ...(path !== undefined && { path }) });

it("tells of a file that can't be written, with the place it belongs to", () => {
  const message = (code: string, path: string): string => unwritable(refused(code, path), folders)?.message ?? "";
  expect(message("EROFS", "/home/ada/.guildnet/stacks/guildnet/dev/Pulumi.dev.yaml.4711.tmp")).toMatch(
    /^\/home\/ada\/\.guildnet\/stacks\/guildnet\/dev\/Pulumi\.dev\.yaml can't be opened or written: its file system is read-only \(EROFS\)\. .*below \/home\/ada\/\.guildnet \(GUILDNET_HOME\): let it be written/,
  );
  expect(message("EACCES", "/etc/guilds/Pulumi.dev.yaml")).toMatch(
    /whoever runs this may not \(EACCES\)\. GUILDNET_STACK_FILES is \/etc\/guilds: let what is there be written.*or change the stack's file by hand/,
  );
  expect(message("EACCES", "/srv/guild/Pulumi.dev.yaml")).toMatch(/\(EACCES\)\. Let it be written/);
});

it("tells of a full disk, also where the write doesn't say of which", () => {
  const message = (code: string, path?: string, named = folders): string =>
    unwritable(refused(code, path), named)?.message ?? "";
  expect(message("ENOSPC", "/srv/guild/state")).toBe(
    "The disk that /srv/guild/state is on has no room left (ENOSPC). Make room there, then run this again: what was done until now is kept.",
  );
  expect(message("EDQUOT")).toMatch(/^The disk that \/home\/ada\/\.guildnet is on .*who has a quota there \(EDQUOT\)/);
  // A file system without blocks has none free.
  expect(message("ENOSPC", undefined, { ...folders, stackFiles: "/proc" })).toMatch(/^The disk that \/proc is on/);
});

it("leaves every other error as it is", () => {
  for (const error of [
    refused("ENOENT", "/x"),
    Object.assign(refused("EACCES", "/bin/x"), { syscall: "spawn /bin/x" }),
    refused("EACCES"),
    new Error("EROFS"),
    "EROFS",
  ])
    expect(unwritable(error, folders)).toBeUndefined();
});

import { join } from "node:path";
import { readSyncConfig } from "./config.ts";
import type { Outcome } from "./copy.ts";
import { Sync } from "./sync.ts";
import { Told } from "./told.ts";

/** Keeps the folders of a workspace's notes the same as the guild's vaults. What a home is in the way of is tried again: where this ends, the workspace is not reached. */
async function main(): Promise<void> {
  const { owner, folder, stateFolder, access, vaults } = readSyncConfig(process.env);
  const told = new Told(join(folder, "NOT-SYNCED.txt"));
  const syncs = vaults.map(({ name, remote }) => {
    let last = "";
    const onRound = (outcome: Outcome): void => {
      const words = wordsOf(outcome);
      if (words !== last) process.stdout.write(`${name}: ${words}\n`);
      last = words;
      told
        .tell(`~/notes/${name}`, outcome)
        .catch((error: unknown) => process.stderr.write(`Nothing can be said in ${folder}: ${String(error)}\n`));
    };
    return new Sync({
      folder: join(folder, name),
      stateFolder: join(stateFolder, name),
      remote,
      access,
      author: { name: owner, email: `${owner}@guildnet.local` },
      onRound,
    });
  });
  const end = (): void => syncs.forEach((sync) => sync.end());
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
  await Promise.all(syncs.map((sync) => sync.run()));
}

function wordsOf(outcome: Outcome): string {
  if (outcome.kind === "synced") return ["the same as the guild's", ...outcome.left].join("; ");
  return `${outcome.kind}: ${outcome.why}`;
}

main().catch((error: unknown) => {
  process.stderr.write(`Notes cannot be kept: ${String(error)}\n`);
  process.exit(1);
});

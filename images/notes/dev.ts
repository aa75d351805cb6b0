/**
 * The notes without a portal, for work on the pages: `node images/notes/dev.ts` with the image's Node, after
 * `node images/notes/build.mjs`. Whoever comes is ada, or whom the variable AS names. Notes are invented and gone at the end.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "../pod/logging.ts";
import { memberAuthor } from "./git/author.ts";
import { notesApp } from "./http/notes-app.ts";
import { Vaults } from "./http/vaults.ts";

const NOTES = {
  "Welcome.md":
    "---\naliases: [Start]\n---\n# Welcome\n\nThis is what the guild knows. Begin with [[Garden]], the [[Workshop rules|rules of the workshop]] or [[Not written yet]]. #guild\n\n- [x] Write this\n- [ ] Water the tomatoes\n\n| machine | who knows it |\n|---|---|\n| [[Laser cutter]] | ada |\n| [[3D printer]] | grace |\n\n> Nothing is lost: all is in git.\n\n```sh\ngit -C ~/notes log\n```\n",
  "Garden.md":
    "# Garden\n\nTomatoes, beans, and the shed of the [[Workshop rules]]. Water on Tuesdays. #outside #plan\n",
  "Workshop rules.md": "# Workshop rules\n\nWear goggles at the [[Laser cutter]]. See [[Welcome]]. #workshop\n",
  "machines/Laser cutter.md": "# Laser cutter\n\nNever PVC. Filters are changed each spring. #workshop #machine\n",
  "machines/3D printer.md": "# 3D printer\n\nResin in the cupboard, next to the [[Laser cutter]]. #workshop #machine\n",
  "meetings/2026-11-20.md":
    "# Meeting of 20 November\n\nWe agreed on [[Garden]], [[Start]] and money. #meeting #plan\n",
};

const folder = await mkdtemp(join(tmpdir(), "guildnet-notes-dev-"));
const vaults = new Vaults({ folder });
const author = memberAuthor("ada");
const guild = await vaults.for("ada", "guild");
for (const [path, text] of Object.entries(NOTES)) await guild?.create(path, text, author);
const app = await notesApp({
  vaults,
  identities: { handleOf: async () => process.env["AS"] ?? "ada" },
  tokens: { bearerOf: async () => undefined },
  guildName: "Hackerspace",
  uiDirectory: join(import.meta.dirname, "dist/ui"),
  log: createLog("warn"),
});
console.log(await app.listen({ host: "127.0.0.1", port: Number(process.env["PORT"] ?? 8096) }));
process.once("SIGINT", () => {
  void app
    .close()
    .then(() => vaults.close())
    .then(() => rm(folder, { recursive: true }));
});

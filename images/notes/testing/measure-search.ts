/**
 * How fast a large vault is: `node images/notes/testing/measure-search.ts` with the image's Node, which reads TypeScript.
 * Prints a line of JSON: milliseconds of each search, and what else was measured.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Vault } from "../vault/vault.ts";

const NOTES = 10_000;
const SEARCHES = 1_000;
const WORDS_OF_NOTE = 200;
const WORDS =
  "guild mesh cluster node pod storage backup restore token vault graph link garden water tuesday meeting plan cost solder printer laser wood resin key door member budget café straße naïve".split(
    " ",
  );

let seed = 7;
/** The same notes every time. */
function random(below: number): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed % below;
}

const folder = await mkdtemp(join(tmpdir(), "guildnet-notes-measured-"));
try {
  await mkdir(join(folder, "vault"));
  for (let note = 0; note < NOTES; note++) {
    const words = Array.from({ length: WORDS_OF_NOTE }, () =>
      random(4) > 0 ? WORDS[random(WORDS.length)] : `word${random(20_000)}`,
    );
    const text = `# Note ${note}\n\n${words.join(" ")} #tag${note % 50}\n\n[[Note ${random(NOTES)}]] [[Note ${random(NOTES)}]]\n`;
    await writeFile(join(folder, "vault", `Note ${note}.md`), text);
  }
  const before = performance.now();
  const vault = await Vault.open({ folder: join(folder, "vault"), indexFile: join(folder, "index.db") });
  const indexedMs = performance.now() - before;
  const searches = Array.from({ length: SEARCHES }, () => {
    const query = [
      `word${random(20_000)}`,
      `${WORDS[random(WORDS.length)]} ${WORDS[random(WORDS.length)]}`,
      "gua",
      `#tag${random(50)} mesh`,
      `"mesh cluster"`,
    ];
    const start = performance.now();
    vault.search(query[random(query.length)] ?? "");
    return performance.now() - start;
  });
  const graphStart = performance.now();
  const { nodes, links } = vault.graph();
  const graphMs = performance.now() - graphStart;
  const megabytes = Math.round(process.memoryUsage().rss / 1024 / 1024);
  console.log(JSON.stringify({ searches, indexedMs, graphMs, nodes: nodes.length, links: links.length, megabytes }));
  await vault.close();
} finally {
  await rm(folder, { recursive: true });
}

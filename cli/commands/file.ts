import { keptFile, type WantedFile } from "../../toolchain/downloads/kept-file.ts";
import { guildnetHome } from "../../toolchain/home.ts";

/** Prints, as the last line of stdout, `{"file":"/…"}`. */
export async function fileCommand(wanted: WantedFile): Promise<void> {
  const report = (text: string): void => void process.stderr.write(`${text}\n`);
  const file = await keptFile(wanted, { home: guildnetHome(), report });
  process.stdout.write(`${JSON.stringify({ file })}\n`);
}

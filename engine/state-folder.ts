import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isMap, parseDocument } from "yaml";
import { UserError } from "../toolchain/errors.ts";
import type { Home } from "../toolchain/home.ts";

/** Where Pulumi's file backend keeps one stack. Layout of `pkg/backend/diy`. */
export interface StateFiles {
  readonly checkpoint: string;
  /** The checkpoint before the last write. Outlives the stack, so it shows nothing by being there. */
  readonly backup: string;
  readonly lockFolder: string;
  /** What an update that is under way, or was killed, has told; ours, not the file backend's. */
  readonly journal: string;
  /** Checkpoints of former runs. */
  readonly olderBackups: string;
  /** What each update changed. */
  readonly history: string;
}

/** Files of a stack in our backend; `stack` may be written `organization/<project>/<stack>`. */
export function stateFiles(home: Home, project: string, stack: string): StateFiles {
  const name = stack.split("/").pop() ?? stack;
  const pulumi = join(home.state, ".pulumi");
  const checkpoint = join(pulumi, "stacks", project, `${name}.json`);
  return {
    checkpoint,
    backup: `${checkpoint}.bak`,
    lockFolder: join(pulumi, "locks", "organization", project, name),
    journal: join(home.state, "journals", project, `${name}.jsonl`),
    olderBackups: join(pulumi, "backups", project, name),
    history: join(pulumi, "history", project, name),
  };
}

/** Whether our backend knows the stack: the engine replaces the checkpoint in one step, so it is there as long as the stack is. */
export function hasState({ checkpoint }: StateFiles): boolean {
  return existsSync(checkpoint);
}

/** Removes what the engine keeps of a stack that it has removed, and the project's folders when it was the last. */
export function forgetState({ checkpoint, backup, lockFolder, journal, olderBackups, history }: StateFiles): void {
  const damaged = besides(checkpoint, ".damaged"),
    unapplied = besides(journal, ".");
  for (const path of [
    backup,
    `${backup}.attrs`,
    ...damaged,
    lockFolder,
    journal,
    ...unapplied,
    olderBackups,
    history,
  ]) {
    rmSync(path, { recursive: true, force: true });
    removeIfEmpty(dirname(path));
  }
}

/** Files that were set aside: called as `file`, with more behind it. */
function besides(file: string, more: string): string[] {
  const folder = dirname(file),
    beginning = `${basename(file)}${more}`;
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.startsWith(beginning))
        .map((name) => join(folder, name))
    : [];
}

/** For what lies in a folder of its own: when the last is gone, that goes too. */
export function removeIfEmpty(folder: string): void {
  // Not looked at first: another stack of the project may come or go meanwhile.
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!["ENOTEMPTY", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** The project's name, from Pulumi.yaml. @throws UserError `no-project` where there is none, `project-file-invalid` where it can't be read as one */
export function projectName(projectRoot: string): string {
  const file = join(projectRoot, "Pulumi.yaml");
  if (!existsSync(file))
    throw new UserError("no-project", `There is no project in ${projectRoot}: it has no Pulumi.yaml.`);
  const {
    errors: [error],
    contents,
  } = parseDocument(readFileSync(file, "utf8"));
  if (error !== undefined) throw new UserError("project-file-invalid", `${file} is not valid YAML: ${error.message}`);
  const name = isMap(contents) ? contents.get("name") : undefined;
  if (typeof name !== "string")
    throw new UserError(
      "project-file-invalid",
      `${file} has no \`name\`, by which the engine knows the project: a line such as \`name: lab\`.`,
    );
  return name;
}

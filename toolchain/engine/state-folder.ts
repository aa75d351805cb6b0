import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Home } from "../home.ts";

/** Where Pulumi's file backend keeps one stack. Layout of `pkg/backend/diy`. */
export interface StateFiles {
  readonly checkpoint: string;
  /** The checkpoint before the last write. */
  readonly backup: string;
  readonly lockFolder: string;
}

/** Files of a stack in our backend; `stack` may be written `organization/<project>/<stack>`. */
export function stateFiles(home: Home, project: string, stack: string): StateFiles {
  const name = stack.split("/").pop() ?? stack;
  const pulumi = join(home.state, ".pulumi");
  const checkpoint = join(pulumi, "stacks", project, `${name}.json`);
  return { checkpoint, backup: `${checkpoint}.bak`, lockFolder: join(pulumi, "locks", "organization", project, name) };
}

/** Whether our backend knows the stack. */
export function hasState({ checkpoint, backup }: StateFiles): boolean {
  return existsSync(checkpoint) || existsSync(backup);
}

/** The project's name, from Pulumi.yaml. */
export function projectName(projectRoot: string): string {
  const { name } = parse(readFileSync(join(projectRoot, "Pulumi.yaml"), "utf8")) as { name: string };
  return name;
}

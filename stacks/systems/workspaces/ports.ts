import type { Broken } from "../../check/broken.ts";
import type { Path } from "../../check/mistakes.ts";

interface NamedPort {
  name: string;
  port: number;
}

/**
 * What is wrong with further ports.
 * @param main the port that is there already
 */
export function portMistakes(path: Path, ports: NamedPort[], main: NamedPort & { whose: string }): Broken[] {
  const names = new Set([main.name]);
  const numbers = new Set([main.port]);
  return ports.flatMap(({ name, port }, place) => {
    const at = [...path, "ports", place];
    const broken: Broken[] = [];
    if (names.has(name))
      broken.push({
        paths: [[...at, "name"]],
        allowed: `a name no other port of it has; "${main.name}" is ${main.whose}`,
        fix: "rename it",
      });
    if (numbers.has(port))
      broken.push({
        paths: [[...at, "port"]],
        allowed: `a port no other of it has; ${main.port} is ${main.whose}`,
        fix: `choose another, for instance ${nextFree(port, [main, ...ports])}`,
      });
    names.add(name);
    numbers.add(port);
    return broken;
  });
}

function nextFree(port: number, taken: NamedPort[]): number {
  let free = port + 1;
  while (taken.some((other) => other.port === free)) free++;
  return free;
}

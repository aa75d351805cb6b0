import { readdirSync, readFileSync } from "node:fs";

/** Every process of an update, by what tells it from the others in its command line. */
export const victims = {
  engine: /^pulumi\0/,
  command: /\/?toolchain\/bootstrap\.mjs\0/,
  "language host": /pulumi-language-nodejs/,
  program: /\/cmd\/run(\/index\.js)?\0/,
  "policy pack": /\/cmd\/run-policy-pack/,
  "plugin of ours": /\/cmd\/run-plugin|\/provider\/?\0|pulumi-resource-shape/,
  "Kubernetes plugin": /pulumi-resource-kubernetes/,
} as const;
export type Victim = keyof typeof victims;

interface Found {
  readonly parent: number;
  readonly environment: string;
  readonly line: string;
}

/**
 * Processes by their command line.
 * @param variable that they were started with, `NAME=value`
 * @param ancestor they descend from, or are. @default any
 */
export function processesOf(commandLine: RegExp, variable: string, ancestor?: number): number[] {
  const all = new Map(
    readdirSync("/proc")
      .filter((entry) => /^\d+$/.test(entry))
      .flatMap((entry) => {
        const found = processOf(Number(entry));
        return found === undefined ? [] : [[Number(entry), found] as const];
      }),
  );
  const descends = (pid: number): boolean => pid === ancestor || (all.has(pid) && descends(all.get(pid)!.parent));
  const isOne = ({ environment, line }: Found): boolean =>
    commandLine.test(line) && `\0${environment}`.includes(`\0${variable}\0`);
  return [...all]
    .filter(([pid, found]) => isOne(found) && (ancestor === undefined || descends(pid)))
    .map(([pid]) => pid);
}

/** Undefined where it ended meanwhile. */
function processOf(pid: number): Found | undefined {
  try {
    const [status, environment, line] = ["status", "environ", "cmdline"].map((name) =>
      readFileSync(`/proc/${pid}/${name}`, "utf8"),
    );
    return {
      parent: Number(/^PPid:\s*(\d+)/m.exec(status ?? "")?.[1]),
      environment: environment ?? "",
      line: line ?? "",
    };
  } catch {
    return undefined;
  }
}

/** Kills one process of a run, as soon as it is there once `isTime` says so. @returns whether it was there before the run ended */
export async function killOne(
  whom: Victim,
  { pid, ended, variable, isTime }: { pid: number; ended: Promise<unknown>; variable: string; isTime: () => boolean },
): Promise<boolean> {
  const over = ended.then(() => true);
  for (;;) {
    if (await Promise.race([over, tick()])) return false;
    const found = isTime() ? processesOf(victims[whom], variable, pid) : [];
    for (const one of found) process.kill(one, "SIGKILL");
    if (found.length > 0) return true;
  }
}

function tick(): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), 10));
}

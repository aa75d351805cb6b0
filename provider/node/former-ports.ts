import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeAtomically } from "./atomic.ts";
import { guildnetHome } from "./layout.ts";
import type { NodeSpec } from "./spec.ts";

type Published = Pick<NodeSpec["publish"][number], "hostPort" | "nodePort">;

/** By a port of this machine, the node's port that was last published there. */
const table = z.record(z.string(), z.number());
const isPublished = z.object({ publish: z.array(z.object({ hostPort: z.number(), nodePort: z.number() })) });

/** Remembers what a node publishes where, for those who know an address of before. */
export async function rememberPorts(folder: string, publish: readonly Published[]): Promise<void> {
  const now = Object.fromEntries(publish.map(({ hostPort, nodePort }) => [hostPort, nodePort]));
  await writeAtomically(fileIn(folder), JSON.stringify({ ...portsOf(folder), ...now }));
}

/**
 * Where on this machine that is by now which a node published at a port: what is deleted is deleted by what the state says, and
 * the node may have left that port in the same run.
 */
export function presentPort(port: number): number {
  const clusters = join(guildnetHome(), "clusters");
  const nodes = existsSync(clusters)
    ? readdirSync(clusters).map((name) => ({
        ports: portsOf(join(clusters, name)),
        publish: publishedBy(join(clusters, name)),
      }))
    : [];
  if (nodes.some(({ publish }) => publish.some(({ hostPort }) => hostPort === port))) return port;
  return (
    nodes.flatMap(({ ports, publish }) => publish.filter(({ nodePort }) => nodePort === ports[port]))[0]?.hostPort ??
    port
  );
}

function publishedBy(folder: string): Published[] {
  const path = join(folder, "spec.json");
  return existsSync(path) ? (isPublished.safeParse(JSON.parse(readFileSync(path, "utf8"))).data?.publish ?? []) : [];
}

function portsOf(folder: string): Record<string, number> {
  return existsSync(fileIn(folder))
    ? (table.safeParse(JSON.parse(readFileSync(fileIn(folder), "utf8"))).data ?? {})
    : {};
}

const fileIn = (folder: string): string => join(folder, "published-ports.json");

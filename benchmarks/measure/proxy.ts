import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { testCertificate } from "../../images/pod/testing/certificates.ts";
import { PAGES } from "../../images/portal/entrance/pages.ts";
import { listening, startNginx } from "../../images/portal/testing/nginx.ts";
import { ratio, type Figure } from "../figures.ts";
import { percentile, readLoad, type Load } from "./load.ts";

const HERE = join(import.meta.dirname, "../proxy");
/** As in the files of `benchmarks/proxy`. */
const APP = 28093,
  DIRECT = 28094,
  NGINX = 28095,
  PORTAL = 28096;
const SECONDS = 4;

const CASES = [
  { name: "12 bytes, 64 connections", path: "/small", connections: 64 },
  { name: "12 bytes, 4 connections", path: "/small", connections: 4 },
  { name: "64 KiB, 64 connections", path: "/big", connections: 64 },
] as const;

/** What the portal's proxy does in a second, beside nginx in front of the same app; and what it adds to an answer's time. */
export async function proxy(runs: number): Promise<Figure[]> {
  const { directory: folder } = await testCertificate(["guild.test", "*.apps.guild.test"]);
  const stops: (() => Promise<void>)[] = [];
  try {
    await prepare(folder);
    stops.push(await startNginx(folder, join(HERE, "app.conf"), APP));
    stops.push(await startNginx(folder, join(HERE, "front.conf"), NGINX));
    stops.push(await startPortal(folder));
    await warmUp();
    const figures: Figure[] = [];
    for (const one of CASES) figures.push(...(await throughput(one, runs)));
    return [...figures, ...(await addedLatency(figures[1]!, runs))];
  } finally {
    for (const stop of stops.reverse()) await stop();
    await rm(folder, { recursive: true });
  }
}

/** The file, and the portal's pages, which nobody asks for. */
async function prepare(folder: string): Promise<void> {
  await mkdir(join(folder, "files"));
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "files", "big"), Buffer.alloc(64 * 1024, "guild"));
  for (const page of Object.values(PAGES)) await writeFile(join(folder, page), "");
}

async function startPortal(folder: string): Promise<() => Promise<void>> {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", join(HERE, "portal.ts"), folder, String(PORTAL), String(APP)],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  return await listening(child, PORTAL);
}

/** Code is compiled while it runs. */
async function warmUp(): Promise<void> {
  for (const { path, connections } of CASES) for (const port of [NGINX, PORTAL]) await load(port, path, connections, 2);
}

async function throughput({ name, path, connections }: (typeof CASES)[number], runs: number): Promise<Figure[]> {
  const values = { nginx: [] as number[], portal: [] as number[] };
  // In turn, so that what else the machine does meets both.
  for (let run = 0; run < runs; run++) {
    values.nginx.push((await load(NGINX, path, connections, SECONDS)).perSecond);
    values.portal.push((await load(PORTAL, path, connections, SECONDS)).perSecond);
  }
  const figure = (who: keyof typeof values): Figure => ({
    name: `${who}: ${name}`,
    unit: "req/s",
    values: values[who],
    includes: "TLS; one process, the app and the load on the same cores",
  });
  const [nginx, portal] = [figure("nginx"), figure("portal")];
  return [nginx, portal, ratio(`portal : nginx, ${name}`, portal, nginx, "goal: 0.6 or more")];
}

/** At half of what the portal can do: its own median and late answers, less those of the app asked directly at the same rate. */
async function addedLatency(portal: Figure, runs: number): Promise<Figure[]> {
  const perConnection = Math.max(1, Math.floor(Math.min(...portal.values) / 2 / 64));
  const p50: number[] = [],
    p99: number[] = [];
  for (let run = 0; run < runs; run++) {
    const direct = await load(DIRECT, "/small", 64, SECONDS, perConnection);
    const through = await load(PORTAL, "/small", 64, SECONDS, perConnection);
    p50.push(percentile(through.milliseconds, 50) - percentile(direct.milliseconds, 50));
    p99.push(percentile(through.milliseconds, 99) - percentile(direct.milliseconds, 99));
  }
  const at = `at ${perConnection * 64} requests a second over 64 connections, over the app asked directly`;
  return [
    { name: "portal adds, half of the answers", unit: "ms", values: p50, includes: `${at}; goal: 0.3 ms or less` },
    { name: "portal adds, 99 of 100", unit: "ms", values: p99, includes: `${at}; goal: 3 ms or less` },
  ];
}

/** @param rate requests a second of each connection; as many as there are answers to by default */
async function load(port: number, path: string, connections: number, seconds: number, rate?: number): Promise<Load> {
  const folder = await mkdtemp(join(tmpdir(), "guildnet-load-"));
  try {
    const log = join(folder, "log");
    const { stdout } = await execa("h2load", [
      "--h1",
      `--clients=${connections}`,
      `--duration=${seconds}`,
      "--warm-up-time=1",
      `--connect-to=127.0.0.1:${port}`,
      ...(rate === undefined ? [] : [`--rps=${rate}`, `--log-file=${log}`]),
      `https://app.apps.guild.test:${port}${path}`,
    ]);
    return readLoad(stdout, rate === undefined ? "" : await readFile(log, "utf8"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

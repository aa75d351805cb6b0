/**
 * The portal without a cluster, for work on its pages: `npx tsx images/portal/dev.ts` (after `npm run build`).
 * Workspaces and events are invented, and one workspace answers; their states change while it runs. Prints a sign-in link for each person.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { SignJWT } from "jose";
import { createLog } from "../pod/logging.ts";
import { testCertificate } from "../pod/testing/certificates.ts";
import { readConfig } from "./config.ts";
import { MemoryEventBus } from "./guild/event-feed.ts";
import { MemoryMachine } from "./guild/machine.ts";
import { MemorySystems } from "./guild/systems.ts";
import { MemoryWorkspaces } from "./guild/memory-workspaces.ts";
import { MemoryMembers } from "./identity/members.ts";
import { MemorySignOuts } from "./identity/sign-outs.ts";
import { startPortal } from "./portal.ts";
import { startBackend } from "./testing/backend.ts";
import { inventedEvents } from "./testing/invented-events.ts";

const port = process.env["PORT"] ?? "8095";
const certificate = await testCertificate(["guildnet.localhost", "*.apps.guildnet.localhost"]);
const config = readConfig({
  GUILDNET_ORIGIN: `https://guildnet.localhost:${port}`,
  GUILDNET_APPS_DOMAIN: "apps.guildnet.localhost",
  GUILDNET_LISTEN: `127.0.0.1:${port}`,
  GUILDNET_HEALTH_LISTEN: "127.0.0.1:0",
  GUILDNET_ADMINS: "ada",
  GUILDNET_LINK_COMMAND: "npm run link --",
  GUILDNET_TLS_DIR: certificate.directory,
});
const signIn = randomBytes(32);
const workspaces = new MemoryWorkspaces();
const backend = await startBackend();
const since = new Date(Date.now() - 3 * 3600_000).toISOString();
workspaces.put({ id: "ada", owner: "ada", state: "running", since });
workspaces.put({ id: "ada-experiments", owner: "ada", state: "starting", reason: "ContainerCreating" });
workspaces.put({ id: "grace", owner: "grace", state: "running", since });
workspaces.put({ id: "linus", owner: "linus", state: "stopped" });
workspaces.put({
  id: "margaret",
  owner: "margaret",
  state: "failed",
  reason: "Unschedulable",
  message: "0/1 nodes are available: 1 Insufficient memory.",
});
workspaces.put({
  id: "new-image",
  owner: "ada",
  state: "failed",
  reason: "ImagePullBackOff",
  message: 'Back-off pulling image "guildnet.local/workspace:9f2c41d0aa17"',
});
for (const { id } of workspaces.list()) workspaces.connect(id, "ide", backend.upstream);

const machine = new MemoryMachine(),
  systems = new MemorySystems(),
  events = new MemoryEventBus();
const invented = inventedEvents();
for (const event of invented) events.say(event);
systems.states = [
  { what: "portal", where: "guildnet-portal/portal", state: "1/1 ready", healthy: true },
  { what: "registry", where: "guildnet-registry/registry", state: "0/1 ready, a change is under way", healthy: false },
];
process.once("SIGINT", () => void certificate.remove().then(() => process.exit(0)));
await startPortal({
  config,
  log: createLog("info"),
  keys: { session: randomBytes(32), signIn },
  directory: workspaces,
  access: workspaces,
  signOuts: new MemorySignOuts(),
  members: new MemoryMembers(["ada", "grace", "new-here"]),
  machine,
  systems,
  events,
  uiDirectory: fileURLToPath(new URL("./dist/ui", import.meta.url)),
});
for (const handle of ["ada", "grace", "new-here"]) {
  const token = await new SignJWT({ sub: handle, aud: "guildnet-sign-in", jti: randomUUID() })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuedAt(Math.ceil(Date.now() / 1000))
    .setExpirationTime("14m")
    .sign(signIn);
  console.log(`${handle}: ${config.sites[0]?.origin}/sign-in?token=${token}`);
}
machine.report({ diskFree: "3.2 GiB", fullHomes: new Set(["ada"]) });
let said = 0;
setInterval(() => {
  const event = invented[said++ % invented.length];
  if (event !== undefined) events.say({ ...event, time: new Date().toISOString() });
}, 5_000);
const turns = ["starting", "running"] as const;
let turn = 0;
setInterval(
  () =>
    workspaces.put({
      id: "ada-experiments",
      owner: "ada",
      state: turns[++turn % 2] ?? "starting",
      reason: turn % 2 ? undefined : "ContainerCreating",
    }),
  8_000,
);

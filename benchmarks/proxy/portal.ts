/** The portal in a process of its own, without a cluster, in front of the app of `app.conf`: `portal.ts FOLDER PORT APP-PORT`, with tls.crt and tls.key in the folder. */
import { randomBytes } from "node:crypto";
import { readConfig } from "../../images/portal/config.ts";
import { createLog } from "../../images/pod/logging.ts";
import { MemoryMembers } from "../../images/portal/identity/members.ts";
import { MemoryWorkspaces } from "../../images/portal/guild/memory-workspaces.ts";
import { startPortal } from "../../images/portal/portal.ts";
import { MemorySignOuts } from "../../images/portal/identity/sign-outs.ts";

const [folder = "", port = "", appPort = ""] = process.argv.slice(2);
const workspaces = new MemoryWorkspaces();
workspaces.put({ id: "app", owner: "ada", state: "running", visibility: "public" });
workspaces.connect("app", "app", { host: "127.0.0.1", port: Number(appPort) });
const config = readConfig({
  GUILDNET_ORIGIN: `https://guild.test:${port}`,
  GUILDNET_APPS_DOMAIN: "apps.guild.test",
  GUILDNET_LISTEN: `127.0.0.1:${port}`,
  GUILDNET_HEALTH_LISTEN: "127.0.0.1:0",
  GUILDNET_TLS_DIR: folder,
});
await startPortal({
  config,
  log: createLog("warn"),
  keys: { session: randomBytes(32), signIn: randomBytes(32) },
  directory: workspaces,
  access: workspaces,
  members: new MemoryMembers(["ada"]),
  signOuts: new MemorySignOuts(),
  uiDirectory: folder,
});

import { log } from "@pulumi/pulumi";
import { readSettings } from "./stacks/config.ts";
import { former } from "./stacks/survey/former.ts";
import { guild } from "./stacks/guild.ts";
import { survey } from "./stacks/survey/survey.ts";
import { movedServer } from "./stacks/systems/mesh/moved.ts";

const before = await former();
const settings = readSettings(before);
const { kubeconfig: joined, found } = await survey(settings);
await Promise.all(movedServer(settings.config, before).map((words) => log.warn(words)));

export const {
  /** Where to open the guild. */
  portalUrl,
  /** Domain below which every workspace and app has its address. */
  appsDomain,
  /** Handles of everybody in it. */
  people,
  /** Handles of those who see every workspace. */
  admins,
  /** Name, owner and address of each workspace. */
  workspaces,
  /** Name, owner, visibility and address of each app. */
  apps,
  /** PEM of the certificate authority to trust. */
  caCertificate,
  /** Key that sign-in links are signed with. Secret. */
  signInKey,
  /** Administrator's access to the cluster. Secret. */
  kubeconfig,
  /** Address and names of the mesh, and the keys by which its devices join. The keys are secret. */
  mesh,
  /** Where backups are, of what, and the key that reads them. The key is secret. */
  backup,
  /** Where the event bus is, and as whom `npm run up` speaks there. The credentials are secret. */
  events,
  /** What is open to the internet, whose it is, and until when. */
  tunnel,
  /** Addresses that answer where all is well, for `npm run status`. */
  probes,
  /** What to know about this stack. */
  notes,
} = guild(settings.config, joined, settings, found);

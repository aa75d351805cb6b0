import { z } from "zod";
import { APP_PATH, smallestApp, smallestVolume, visibilities, WORKSPACE_ID } from "../../../components/index.ts";
import { bytes, cores, handle, image } from "../../check/scalars.ts";
import type { Told } from "../../system.ts";
import { environment, internet, labels, ports } from "../workspaces/pod-schema.ts";

const app = z.strictObject({
  name: z
    .string()
    .regex(WORKSPACE_ID, 'lower case letters, digits and single "-", at most 40, for instance "wiki"')
    .describe("Name, unique among apps and workspaces; part of its address. No default."),
  owner: handle.describe("Handle of the person it belongs to. No default."),
  takeOverFrom: handle
    .optional()
    .describe(
      "Handle of the person whose volume was kept under this name and now becomes the owner's, backups included. Default: nobody; such a volume is left alone.",
    ),
  image: image.describe("Image to run. No default."),
  port: z.int().min(1024).max(65535).describe("Port it serves HTTP at, 1024 to 65535. No default."),
  ports: ports.describe("Further ports the portal may reach."),
  environment: environment.prefault({}).describe("Environment variables. Not for secrets."),
  resources: z
    .strictObject({
      cpu: cores(smallestApp.cpu).optional().describe("Cores each of its pods may use. Default: 500m."),
      memory: bytes(smallestApp.memory).optional().describe("Memory each of its pods may use. Default: 512Mi."),
    })
    .default({})
    .describe("What each of its pods may use."),
  replicas: z.int().min(1).max(50).default(1).describe("Pods; more than one only without storage."),
  storage: z
    .strictObject({
      size: bytes(smallestVolume).describe("Size; it can grow, not shrink. No default."),
      path: z
        .string()
        .regex(APP_PATH, 'a folder such as "/data", not /tmp and none of the system\'s')
        .describe("Folder where it is mounted. No default."),
    })
    .optional()
    .describe("A volume of its own. Default: none."),
  visibility: z
    .enum(visibilities)
    .default("private")
    .describe(
      'Who may open it: its owner, "members" who are signed in, or everybody who reaches the portal, "public".',
    ),
  user: z.int().min(1).default(1000).describe("Number of the user it runs as; not 0."),
  labels: labels.prefault({}).describe("Further labels of its namespace and pods."),
  internet: internet
    .default(false)
    .describe(
      'What it may reach outside of the cluster: the internet without private networks (true), nothing (false), or a list of the only networks, as "10.1.0.0/16"; "0.0.0.0/0" in it is the internet. Never this machine.',
    ),
  keepData: z
    .boolean()
    .default(true)
    .describe("Whether its volume stays when it is removed. To remove both, apply false first."),
});

export const appsKeys = {
  apps: z.array(app).default([]).describe("Web apps, one entry each."),
};

export type AppsKeys = Told<typeof appsKeys>;
export type AppConfig = z.output<typeof app>;

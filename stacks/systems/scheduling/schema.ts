import { z } from "zod";
import { smallestApp } from "../../../components/index.ts";
import { bytes, cores } from "../../check/scalars.ts";
import type { Told } from "../../system.ts";

const batch = z.strictObject({
  cpu: cores(smallestApp.cpu).prefault("2").describe("Cores that one person's jobs may use together."),
  memory: bytes(smallestApp.memory).prefault("4Gi").describe("Memory that one person's jobs may use together."),
  storage: bytes("0").prefault("0").describe("Size of all volumes of one person's jobs together."),
  pods: z.int().min(1).default(10).describe("Pods of one person's jobs at a time."),
  queue: z
    .enum(["none", "kueue"])
    .default("none")
    .describe('Who lets jobs start: "none" when they fit, or Kueue, which an existing cluster must have.'),
  together: z
    .strictObject({
      cpu: cores(smallestApp.cpu).optional().describe("Cores. Default: one person's."),
      memory: bytes(smallestApp.memory).optional().describe("Memory. Default: one person's."),
    })
    .default({})
    .describe("What Kueue lets run at a time, of all people's jobs together."),
});

export const schedulingKeys = {
  batch: batch
    .optional()
    .describe(
      "A namespace for batch jobs for each person; they yield to workspaces. Default: none. Write {} for one with every default.",
    ),
};

export type SchedulingKeys = Told<typeof schedulingKeys>;

import { z } from "zod";
import { bytes, cores, handle } from "../../check/scalars.ts";
import type { Told } from "../../system.ts";

const quota = z.strictObject({
  cpu: cores("0").prefault("8").describe("Cores that all workspaces of one person may use together."),
  memory: bytes("0").prefault("16Gi").describe("Memory that all workspaces of one person may use together."),
  storage: bytes("0").prefault("50Gi").describe("Size of all home volumes of one person together."),
  workspaces: z.int().min(0).default(5).describe("Number of workspaces of one person."),
});

const person = z.strictObject({
  quota: z
    .strictObject({
      cpu: cores("0").optional().describe("Cores. Default: the guild's quota."),
      memory: bytes("0").optional().describe("Memory. Default: the guild's quota."),
      storage: bytes("0").optional().describe("Home volumes. Default: the guild's quota."),
      workspaces: z.int().min(0).optional().describe("Workspaces. Default: the guild's quota."),
    })
    .default({})
    .describe("What this person may use, where it differs from the guild's quota."),
});

export const peopleKeys = {
  quota: quota.prefault({}).describe("What each person may use, unless said otherwise beside the person."),
  // In YAML a handle with nothing after it is null.
  people: z
    .record(
      handle,
      person.nullable().transform((entry) => entry ?? person.parse({})),
    )
    .optional()
    .describe("Who is in the guild, by handle. Default: the owners of the workspaces."),
};

export type PeopleKeys = Told<typeof peopleKeys>;

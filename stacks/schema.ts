import { z } from "zod";
import { systems } from "./systems.ts";
import { withWorkspaces } from "./systems/workspaces/schema.ts";

/** Whether a text can stand in a page's title and in a certificate: without controls, line breaks, halves of characters, or marks that turn what follows around. */
function isOneLine(name: string): boolean {
  return name === "" || (!/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(name) && /[^\p{C}\p{Z}]/u.test(name));
}

/** In the order in which editors and messages tell of them; those of newer systems come before the people. */
const {
  cluster,
  images,
  loadBalancer,
  mesh,
  portal,
  proxy,
  storage,
  quota,
  apps,
  backup,
  batch,
  registry,
  certificates,
  people,
  workspaces,
  ...newer
} = systems.keys;

/** The value of `guildnet:guild`, shape only; what holds between keys is in the rules of the systems. */
export const guildSchema = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(60)
      .refine(isOneLine, "text on one line, with something to see in it")
      .default("GuildNet")
      .describe(
        "The guild's name, shown on the portal. Its certificate authority has the name that the guild had first.",
      ),
    cluster,
    images,
    loadBalancer,
    mesh,
    portal,
    proxy,
    storage,
    quota,
    apps,
    backup,
    batch,
    registry,
    certificates,
    ...newer,
    people,
    workspaces,
  })
  .transform(withWorkspaces);

/** A checked config with every default filled in. */
export type GuildConfig = z.output<typeof guildSchema>;

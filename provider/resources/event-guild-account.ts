import { randomUUID } from "node:crypto";
import { z } from "zod";
import { eventServerSchema, littlePatience } from "../events/server.ts";
import { define, type Existing } from "./resource.ts";

const schema = z.object({
  server: eventServerSchema,
  /** Of the server's system account. */
  credentials: z.string().min(1),
  operatorSeed: z.string().startsWith("SO", "the seed of an operator's key"),
  generation: z.number().int().min(1),
});

type GuildAccountInputs = z.infer<typeof schema>;

/** Loaded late: NATS's client takes longer to load than most runs have to do with it. */
const accounts = () => import("../events/accounts.ts");

/** The account that keeps everything, on a bus that is somebody else's. */
export const eventGuildAccount = define({
  schema,
  replaceOn: [],
  create: (inputs) => made(inputs, randomUUID()),
  // Keys of its users are new, and what is kept stays: no key is part of where it is kept.
  update: (inputs, _progress, old) => made(inputs, String(old.id)),
  drift: async (inputs, { guildJwt }) => (await accounts()).guildAccountDrift(inputs, String(guildJwt), littlePatience),
  async delete(inputs, progress) {
    const { forgetGuild, NothingThere } = await accounts();
    await forgetGuild(inputs).catch((error: unknown) => {
      if (!(error instanceof NothingThere)) throw error;
      progress("there is no event bus any more that could know the guild");
    });
  },
});

async function made(inputs: GuildAccountInputs, id: string): Promise<Existing> {
  const { newGuild } = await import("../events/claims.ts");
  const guild = await newGuild(inputs.operatorSeed);
  await (await accounts()).tellGuild(inputs, guild.guildJwt);
  return { id, outputs: { ...guild }, secrets: ["guildCredentials"] };
}

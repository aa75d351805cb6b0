import { z } from "zod";
import { eventServerSchema, isSameBus, littlePatience } from "../events/server.ts";
import { define } from "./resource.ts";

const schema = z.object({
  server: eventServerSchema,
  /** Of the server's system account. */
  credentials: z.string().min(1),
  operatorSeed: z.string().startsWith("SO", "the seed of an operator"),
  account: z.string().regex(/^A[A-Z2-7]{55}$/, "the id of an account"),
  name: z.string().min(1).max(128),
  imports: z.array(
    z.object({ type: z.enum(["service", "stream"]), subject: z.string().min(1), local: z.string().min(1).optional() }),
  ),
});

export type AccountInputs = z.infer<typeof schema>;

/** Loaded late: NATS's client takes longer to load than most runs have to do with it. */
const accounts = () => import("../events/accounts.ts");

/** A server keeps accounts by itself, and tells those beside it: nothing of it starts anew for one more. */
export const eventAccount = define({
  schema,
  replaceOn: ["account"],
  async create(inputs) {
    await (await accounts()).tellAccount(inputs);
    return { id: inputs.account, outputs: {} };
  },
  async update(inputs, _progress, old) {
    const { forgetAccount, NothingThere, tellAccount } = await accounts();
    await tellAccount(inputs);
    const before = schema.parse(old);
    // What stays of the other bus is to let nobody in later, who has gone by then.
    if (!isSameBus(before.server, inputs.server))
      await forgetAccount(before).catch((error: unknown) => {
        if (!(error instanceof NothingThere)) throw error;
      });
    return { id: inputs.account, outputs: {} };
  },
  drift: async (inputs) => (await accounts()).accountDrift(inputs, littlePatience),
  async delete(inputs, progress) {
    const { forgetAccount, NothingThere } = await accounts();
    try {
      await forgetAccount(inputs);
    } catch (error) {
      // Of any other silence it is not known whether somebody is still let in.
      if (!(error instanceof NothingThere)) throw error;
      progress(`there is no event bus any more that could know ${inputs.name}`);
    }
  },
});

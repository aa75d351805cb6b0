import { z } from "zod";
import { eventServerSchema, isSameBus, littlePatience } from "../events/server.ts";
import { define } from "./resource.ts";

const schema = z.object({
  server: eventServerSchema,
  /** Of the account that keeps everything. */
  credentials: z.string().min(1),
  name: z.string().regex(/^[^\s.*>/\\]{1,128}$/, "a stream's name, without spaces, dots, slashes and wildcards"),
  subjects: z.array(z.string().min(1)).min(1),
  /** As what stands in the place of the first of its subjects. */
  heard: z.string().min(1).optional(),
  maxBytes: z
    .number()
    .int()
    .min(1024 * 1024),
  maxAgeSeconds: z.number().int().min(60),
  duplicateWindowSeconds: z.number().int().min(1),
  replicas: z.number().int().min(1).max(5),
});

export type StreamInputs = z.infer<typeof schema>;

/** Loaded late: NATS's client takes longer to load than most runs have to do with it. */
const streams = () => import("../events/streams.ts");

/** On another server it has there what it kept. Deleting it deletes what it keeps; a component that keeps data says so by `retainOnDelete`. */
export const eventStream = define({
  schema,
  replaceOn: ["name"],
  async create(inputs) {
    await (await streams()).ensureStream(inputs);
    return { id: inputs.name, outputs: {} };
  },
  async update(inputs, progress, old) {
    const before = schema.parse(old);
    if (isSameBus(before.server, inputs.server)) await (await streams()).ensureStream(inputs);
    else await (await import("../events/move.ts")).moveStream(before, inputs, progress);
    return { id: inputs.name, outputs: {} };
  },
  drift: async (inputs) => (await streams()).streamDrift(inputs, littlePatience),
  async delete(inputs, progress) {
    const { deleteStream, NothingThere } = await streams();
    try {
      await deleteStream(inputs);
    } catch (error) {
      if (!(error instanceof NothingThere)) throw error;
      progress(`there is no event bus any more that could keep ${inputs.name}`);
    }
  },
});

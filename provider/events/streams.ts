import {
  DiscardPolicy,
  JetStreamApiError,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamAPI,
  type StreamConfig,
} from "@nats-io/jetstream";
import { ActionableError } from "../errors.ts";
import type { StreamInputs } from "../resources/event-stream.ts";
import { withBus } from "./connection.ts";
export { NothingThere } from "./connection.ts";
import { patience } from "./server.ts";

const NANOSECONDS = 1e9;
/** Of the errors of JetStream's API: https://github.com/nats-io/nats-server/blob/main/server/errors.json */
const STREAM_NOT_FOUND = 10059;

/** What a stream is, in the server's words. */
export function streamConfig(inputs: StreamInputs) {
  return {
    subjects: inputs.subjects,
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_bytes: inputs.maxBytes,
    max_age: inputs.maxAgeSeconds * NANOSECONDS,
    duplicate_window: inputs.duplicateWindowSeconds * NANOSECONDS,
    num_replicas: inputs.replicas,
    // Read by number, without a place that the server would keep for each reader.
    allow_direct: true,
    // To who listens, in the order in which it is kept.
    ...(inputs.heard !== undefined && { republish: { src: inputs.subjects[0] ?? ">", dest: inputs.heard } }),
    // What was said stays said: nobody takes single events out.
    deny_delete: true,
    deny_purge: true,
  } satisfies Partial<StreamConfig>;
}

/**
 * Makes a stream, or has one that is there already become it, with what it keeps: a run that was killed may have made it.
 *
 * @throws as `withBus`; ActionableError `events-refused`.
 */
export async function ensureStream(inputs: StreamInputs): Promise<void> {
  const { name } = inputs,
    config = streamConfig(inputs);
  await withStreams(inputs, patience, async (streams) => {
    const there = (await streams.info(name).catch(unlessMissing)) !== undefined;
    await (there ? streams.update(name, config) : streams.add({ name, ...config }));
  });
}

/** What of a stream is otherwise than it should be. @throws as `withBus` */
export async function streamDrift(inputs: StreamInputs, milliseconds: number): Promise<string | undefined> {
  const found = await withStreams(
    inputs,
    milliseconds,
    async (streams) => (await streams.info(inputs.name).catch(unlessMissing))?.config,
  );
  if (found === undefined) return "the event bus has no such stream";
  const other = Object.entries(streamConfig(inputs)).filter(
    ([key, value]) => JSON.stringify(found[key as keyof StreamConfig]) !== JSON.stringify(value),
  );
  return other.length === 0 ? undefined : `the event bus has it with another ${other.map(([key]) => key).join(", ")}`;
}

/** Deletes a stream and what it keeps; nothing where there is none. @throws as `withBus` */
export async function deleteStream(inputs: StreamInputs): Promise<void> {
  await withStreams(inputs, patience, async (streams) => {
    await streams.delete(inputs.name).catch(unlessMissing);
  });
}

async function withStreams<T>(
  { server, credentials, name }: StreamInputs,
  milliseconds: number,
  work: (streams: StreamAPI) => Promise<T>,
): Promise<T> {
  return withBus(server, credentials, milliseconds, async (connection) => {
    try {
      return await work((await jetstreamManager(connection, { checkAPI: false })).streams);
    } catch (error) {
      if (!(error instanceof JetStreamApiError)) throw error;
      throw new ActionableError("events-refused", `the event bus refuses the stream ${name}: ${error.message}`);
    }
  });
}

/** Nothing where there is no such stream. */
export function unlessMissing(error: unknown): undefined {
  if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined;
  throw error;
}

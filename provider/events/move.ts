import { JetStreamApiError, jetstreamManager, type StreamAPI, type StreamInfo } from "@nats-io/jetstream";
import { createInbox, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { z } from "zod";
import { ActionableError } from "../errors.ts";
import type { StreamInputs } from "../resources/event-stream.ts";
import { NothingThere, withBus } from "./connection.ts";
import { patience } from "./server.ts";
import { ensureStream, streamConfig, unlessMissing } from "./streams.ts";

// Snapshots of streams, as `nats stream backup` and `restore` ask for them, from one server straight to another:
// https://docs.nats.io/running-a-nats-service/nats_admin/jetstream_admin/disaster_recovery

const seconds = 1000;
/** Milliseconds for one chunk, and for the end, at which a server reads all that it was given. */
const CHUNK = 30 * seconds,
  END = 300 * seconds;
/** Bytes. */
const CHUNK_SIZE = 128 * 1024;

/**
 * Brings what a stream keeps to another server, with its numbers and times, and makes it there what it shall be. Nothing
 * is said in between that would be lost: first the old server takes no more, so that whoever speaks to it asks again.
 * Begun anew after it was cut off, it goes on where that was.
 *
 * @throws as `withBus`; ActionableError `events-refused`, `events-not-moved`
 */
export async function moveStream(
  from: StreamInputs,
  to: StreamInputs,
  progress: (words: string) => void,
): Promise<void> {
  try {
    await withBus(from.server, from.credentials, patience, async (source) => {
      const kept = await closed(await streamsOf(source), from.name);
      if (kept === undefined) return;
      await withBus(to.server, to.credentials, patience, (target) => brought(source, target, kept, to, progress));
    });
  } catch (error) {
    if (error instanceof JetStreamApiError)
      throw new ActionableError("events-refused", `the event bus refuses to move ${to.name}: ${error.message}`);
    if (!(error instanceof NothingThere)) throw error;
    throw new ActionableError(
      "events-not-moved",
      `the event bus that has ${to.name} is not there any more, from which it would move: bring it up as it was before, and change it then (${error.message})`,
    );
  }
  await ensureStream(to);
}

async function streamsOf(connection: NatsConnection): Promise<StreamAPI> {
  return (await jetstreamManager(connection, { checkAPI: false })).streams;
}

/** Has it take nothing any more, under a subject that nobody may say anything to. @returns undefined where there is none */
async function closed(streams: StreamAPI, name: string): Promise<StreamInfo | undefined> {
  const there = await streams.info(name).catch(unlessMissing);
  if (there === undefined) return undefined;
  await streams.update(name, { subjects: [`moved.${name}`] });
  return streams.info(name);
}

async function brought(
  source: NatsConnection,
  target: NatsConnection,
  kept: StreamInfo,
  to: StreamInputs,
  progress: (words: string) => void,
): Promise<void> {
  const streams = await streamsOf(target);
  const there = await streams.info(to.name).catch(unlessMissing);
  // It was brought before, and more has been said since.
  if (there !== undefined && there.state.last_seq >= kept.state.last_seq) return;
  // Of an earlier time, from when this server was the bus before.
  if (there !== undefined) await streams.delete(to.name);
  progress(`bringing ${kept.state.messages} events of ${to.name} along`);
  await copied(source, target, kept, to);
  const { state } = await streams.info(to.name);
  if (state.last_seq === kept.state.last_seq && state.messages === kept.state.messages) return;
  throw new ActionableError(
    "events-not-moved",
    `of ${to.name}, ${state.messages} of ${kept.state.messages} events arrived at the other event bus; all are still where they were`,
  );
}

const answerSchema = z.object({
  error: z.object({ description: z.string() }).optional(),
  deliver_subject: z.string().optional(),
});

async function copied(
  source: NatsConnection,
  target: NatsConnection,
  { state }: StreamInfo,
  to: StreamInputs,
): Promise<void> {
  const { name } = to,
    config = { name, ...streamConfig(to) };
  const { deliver_subject: restore } = await asked(target, `$JS.API.STREAM.RESTORE.${name}`, { config, state });
  if (restore === undefined) throw new Error("a restore that has no subject for what is restored");
  const inbox = createInbox();
  const chunks = source.subscribe(inbox, { timeout: CHUNK });
  try {
    await asked(source, `$JS.API.STREAM.SNAPSHOT.${name}`, {
      deliver_subject: inbox,
      no_consumers: true,
      chunk_size: CHUNK_SIZE,
    });
    for await (const chunk of chunks) {
      if (isEnd(chunk)) break;
      told(await target.request(restore, chunk.data, { timeout: CHUNK }));
      // The next ones come once it is taken.
      chunk.respond();
    }
  } finally {
    chunks.unsubscribe();
  }
  told(await target.request(restore, "", { timeout: END }));
}

/** @throws ActionableError where it ends before it is whole */
function isEnd({ data, headers }: Msg): boolean {
  if (data.length > 0) return false;
  if (headers !== undefined && headers.code >= 400)
    throw new ActionableError("events-not-moved", `the event bus breaks off what it keeps: ${headers.description}`);
  return true;
}

async function asked(connection: NatsConnection, subject: string, question: object) {
  return told(await connection.request(subject, JSON.stringify(question), { timeout: CHUNK }));
}

/** @throws ActionableError `events-refused` */
function told(message: Msg): z.infer<typeof answerSchema> {
  if (message.data.length === 0) return {};
  const answer = answerSchema.parse(JSON.parse(message.string()));
  if (answer.error !== undefined)
    throw new ActionableError(
      "events-refused",
      `the event bus refuses to move what is kept: ${answer.error.description}`,
    );
  return answer;
}

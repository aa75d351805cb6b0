import { PassThrough } from "node:stream";
import type { FastifyReply } from "fastify";
import type { Leases } from "../identity/leases.ts";
import type { Session } from "../identity/sessions.ts";

const KEEP_ALIVE_MS = 25_000;
const MOST_UNREAD_BYTES = 1024 * 1024;

/** Server-sent events to one page. `Events` has what of each name is sent. */
export interface LiveStream<Events> {
  /** @param data as it goes over the wire, where it is written already @param id where to go on after it, which the browser tells on coming back */
  send<K extends keyof Events & string>(event: K, data: Events[K] | Written, id?: string): void;
  readonly open: boolean;
  onClose(listener: () => void): void;
  /** What is answered. */
  answer(): FastifyReply;
}

/** JSON. */
export class Written {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A stream that lives until the browser leaves or the session ends. */
export function liveStream<Events>(reply: FastifyReply, session: Session, leases: Leases): LiveStream<Events> {
  const stream = new PassThrough();
  const write = (text: string): void => {
    // Who does not read is cut off, and gets what is new on coming back.
    if (stream.writableLength + stream.readableLength > MOST_UNREAD_BYTES) stream.destroy();
    if (stream.writable) stream.write(text);
  };
  const release = leases.hold({ session, end: () => stream.end() });
  // A proxy on the way takes silence for the end.
  const keepAlive = setInterval(() => write(": still here\n\n"), KEEP_ALIVE_MS);
  stream.once("close", () => {
    clearInterval(keepAlive);
    release();
  });
  reply.raw.once("close", () => stream.destroy());
  return {
    send: (event, data, id) => {
      const text = data instanceof Written ? data.text : JSON.stringify(data);
      write(`event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${text}\n\n`);
    },
    get open() {
      return stream.writable;
    },
    onClose: (listener) => void stream.once("close", listener),
    answer: () => reply.type("text/event-stream").header("x-accel-buffering", "no").send(stream),
  };
}

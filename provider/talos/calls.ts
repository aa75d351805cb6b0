import {
  Metadata,
  type ChannelCredentials,
  type Client,
  type ClientReadableStream,
  type ServiceClientConstructor,
} from "@grpc/grpc-js";
import type { z } from "zod";
import { clientOf } from "./channel.ts";
import { explained } from "./errors.ts";

/** The calls of one service at one address, by the method's name, with answers that are what the schema says. */
export class Calls {
  readonly #service: ServiceClientConstructor["service"];
  readonly #client: Client;
  readonly #target: string;

  constructor(service: ServiceClientConstructor, target: string, channel: ChannelCredentials) {
    this.#service = service.service;
    this.#client = clientOf(service, target, channel);
    this.#target = target;
  }

  /** @param within milliseconds. */
  async one<T>(method: string, request: object, answer: z.ZodType<T>, within: number): Promise<T> {
    const { path, requestSerialize, responseDeserialize } = this.#method(method);
    const received = await new Promise<unknown>((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        new Metadata(),
        { deadline: Date.now() + within },
        (error, value) => (error === null ? resolve(value) : reject(explained(error, this.#target, method))),
      );
    });
    return answer.parse(received);
  }

  /** Answers one after the other, as they come. */
  async *many<T>(method: string, request: object, answer: z.ZodType<T>, within: number): AsyncGenerator<T> {
    const { path, requestSerialize, responseDeserialize } = this.#method(method);
    const stream: ClientReadableStream<unknown> = this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      new Metadata(),
      { deadline: Date.now() + within },
    );
    try {
      for await (const message of stream) yield answer.parse(message);
    } catch (error) {
      throw explained(error, this.#target, method);
    } finally {
      stream.cancel();
    }
  }

  /** Sends parts one after the other, as fast as they are taken. */
  async send<T>(
    method: string,
    parts: AsyncIterable<object> | Iterable<object>,
    answer: z.ZodType<T>,
    within: number,
  ): Promise<T> {
    const { path, requestSerialize, responseDeserialize } = this.#method(method);
    const received = await new Promise<unknown>((resolve, reject) => {
      const stream = this.#client.makeClientStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        new Metadata(),
        { deadline: Date.now() + within },
        (error, value) => (error === null ? resolve(value) : reject(explained(error, this.#target, method))),
      );
      // What fails while it is sent fails the call, which tells of it.
      stream.on("error", () => {});
      void (async () => {
        try {
          for await (const part of parts)
            if (!stream.write(part)) await new Promise((next) => stream.once("drain", next).once("close", next));
          stream.end();
        } catch (error) {
          stream.cancel();
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      })();
    });
    return answer.parse(received);
  }

  close(): void {
    this.#client.close();
  }

  #method(name: string): ServiceClientConstructor["service"][string] {
    const method = this.#service[name];
    if (method === undefined) throw new Error(`Talos has no call ${name}`);
    return method;
  }
}

import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { mistakeInAnswer } from "../entrance/framing.ts";
import { responseHeaders } from "./headers.ts";
import { readableHead } from "./origins.ts";
import type { ProxiedRequest } from "./proxied-request.ts";
import { badAnswer, failure } from "./upstream.ts";

/** What is asked of an answer's head before it is passed on. */
export type Refuses = (statusCode: number, headers: IncomingHttpHeaders) => boolean;

const NOTHING = Buffer.alloc(0);

export type Outcome = "passed on" | "refused";

/**
 * One exchange with a workspace, as undici goes through it. What is answered goes to the browser as it comes and at the
 * pace at which it takes it; a browser that leaves ends the workspace's work at once.
 */
export class Relay implements Dispatcher.DispatchHandler {
  readonly #proxied: ProxiedRequest;
  readonly #refuses: Refuses;
  #resolve: (outcome: Outcome) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #stage: "asked" | "answering" | "over" = "asked";

  /**
   * Once the head of an answer was passed on or refused; a body may go on after that.
   * @throws {PortalError} through the promise, while nothing was answered yet
   */
  readonly outcome = new Promise<Outcome>((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });

  /** @param refuses true of an answer that the browser is not to see */
  constructor(proxied: ProxiedRequest, refuses: Refuses) {
    this.#proxied = proxied;
    this.#refuses = refuses;
    proxied.response.once("close", this.#abandon).on("drain", this.#resume);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#proxied.response.destroyed) this.#abandon();
  }

  onResponseStart(controller: Dispatcher.DispatchController, statusCode: number, headers: IncomingHttpHeaders): void {
    // What comes before an answer is between the workspace and us; 101 comes instead of one, and nobody asked for it.
    if (statusCode > 101 && statusCode < 200) return;
    const mistake = mistakeInAnswer(statusCode, headers);
    if (mistake !== undefined) return controller.abort(badAnswer(new Error(mistake)));
    if (this.#refuses(statusCode, headers)) {
      this.#end();
      controller.abort(new Error("the answer is not wanted"));
      return this.#resolve("refused");
    }
    try {
      this.#writeHead(
        statusCode,
        (controller.rawHeaders as Buffer[]).map((part) => part.toString("latin1")),
      );
    } catch (error) {
      return controller.abort(badAnswer(error as Error));
    }
    this.#stage = "answering";
    // Whole already, though it may tell the length of what it would have had for a body, which undici then waits for.
    if (statusCode === 204 || statusCode === 304) this.onResponseEnd();
    this.#resolve("passed on");
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#proxied.response.write(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    this.#end();
    this.#proxied.response.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const stage = this.#stage;
    this.#end();
    if (stage === "asked") this.#reject(failure(error, this.#controller !== undefined));
    if (stage !== "answering") return;
    this.#proxied.log.debug({ err: error, request_id: this.#proxied.requestId }, "a proxied answer was cut off");
    // What breaks off must not look whole.
    this.#proxied.response.destroy();
  }

  #writeHead(statusCode: number, raw: readonly string[]): void {
    const { request, response, requestId, extraCookie, readableBy } = this.#proxied;
    const passed = responseHeaders(raw, request.headers.host ?? "");
    const headers = readableBy === undefined ? passed : readableHead(passed, readableBy);
    if (extraCookie !== undefined) headers.push("set-cookie", extraCookie);
    headers.push("x-request-id", requestId);
    // The reason in the workspace's words may hold what Node refuses to send, and says nothing that the number does not.
    response.writeHead(statusCode, headers);
    // The head goes out now, since an event stream may have nothing to say for a while; with what of the body is here already.
    // Not `response.cork()`: Node 24 puts what was corked behind the end of the answer.
    const { socket } = response;
    socket?.cork();
    // Not `flushHeaders`, which writes as UTF-8 what are bytes.
    response.write(NOTHING);
    process.nextTick(() => socket?.uncork());
  }

  readonly #abandon = (): void => this.#controller?.abort(new Error("the browser left"));

  readonly #resume = (): void => this.#controller?.resume();

  #end(): void {
    this.#stage = "over";
    this.#proxied.response.off("close", this.#abandon).off("drain", this.#resume);
  }
}

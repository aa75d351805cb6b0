import type { IncomingHttpHeaders } from "node:http";
import { request, type RequestOptions } from "node:https";

/** What a server answered, whatever its status. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Question extends Omit<RequestOptions, "timeout"> {
  readonly body?: string;
  /** Milliseconds without a word after which it is given up; clients of their own would wait for ever for a server that takes the connection and says nothing. */
  readonly patience: number;
  /** Called once the server has shown who it is: from then on it may have got the question. */
  readonly onSent?: () => void;
}

/**
 * Asks a server once over HTTPS, and takes its whole answer for text. By Node's own client: others (undici, `fetch`) take
 * a tenth of a second to load, which each run of the command line and each start of the provider would pay.
 *
 * @throws the connection's error, `ETIMEDOUT` after silence; `passesByItself` knows which may be tried again.
 */
export function ask(url: string | URL, { body, patience, onSent, ...options }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { ...options, timeout: patience }, (response) => {
      let text = "";
      response
        .setEncoding("utf8")
        .on("data", (part: string) => (text += part))
        .on("error", reject)
        .on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    const giveUp = (): void =>
      void asking.destroy(Object.assign(new Error(`no word for ${patience / 1000} s`), { code: "ETIMEDOUT" }));
    // A socket's own timer takes the greeting that is still on its way for a word, and waits twice as long where nobody answers it.
    asking.on("socket", (socket) => {
      if (!socket.connecting) return;
      const silence = setTimeout(giveUp, patience);
      socket.once("connect", () => silence.refresh());
      for (const end of ["secureConnect", "close"]) socket.once(end, () => clearTimeout(silence));
    });
    if (onSent !== undefined) asking.on("socket", (socket) => socket.once("secureConnect", onSent));
    asking.on("timeout", giveUp);
    asking.on("error", reject).end(body);
  });
}

/** The JSON of an answer; undefined where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller tells of it
  }
}

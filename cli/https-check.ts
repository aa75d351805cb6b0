import { get } from "node:https";
import type { LookupFunction } from "node:net";
import { rootCertificates } from "node:tls";

/** What an address answered: an HTTP status below 500 is an answer, anything else a reason. */
export type Answer = { readonly ok: true; readonly status: number } | { readonly ok: false; readonly reason: string };

const ANSWER_WITHIN_MS = 5_000;

/** Names below .localhost are this machine (RFC 6761), whatever the system's resolver thinks of them. */
const lookup: LookupFunction = (hostname, options, callback) => {
  if (hostname === "localhost" || hostname.endsWith(".localhost")) {
    if (options.all === true) callback(null, [{ address: "127.0.0.1", family: 4 }]);
    else callback(null, "127.0.0.1", 4);
    return;
  }
  import("node:dns").then(
    ({ lookup: resolve }) => resolve(hostname, options, callback),
    (error: NodeJS.ErrnoException) => callback(error, "", 0),
  );
};

/**
 * Asks an address once, trusting the authorities that every machine knows. Redirects count as an answer.
 * The head of an answer is enough: an app's may never end, so that the provider's client, which takes all of it, won't do.
 * @param caCertificate PEM of one more authority to trust, usually the guild's
 */
export function checkHttps(url: string, caCertificate?: string): Promise<Answer> {
  return new Promise((resolve) => {
    const request = get(
      url,
      {
        ca: [...rootCertificates, ...(caCertificate === undefined ? [] : [caCertificate])],
        lookup,
        timeout: ANSWER_WITHIN_MS,
      },
      (response) => {
        response.resume();
        const status = response.statusCode ?? 0;
        resolve(status < 500 ? { ok: true, status } : { ok: false, reason: `HTTP ${status}` });
      },
    );
    request.once("timeout", () => request.destroy(new Error(`no answer within ${ANSWER_WITHIN_MS / 1000} s`)));
    request.once("error", (error: NodeJS.ErrnoException) =>
      resolve({ ok: false, reason: error.code === "ECONNREFUSED" ? "nothing listens there" : error.message }),
    );
  });
}

import { readFile } from "node:fs/promises";
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { json } from "node:stream/consumers";

/** Where a pod finds the API server's authority and its own token. */
const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
/** Milliseconds until an answer is whole. */
const ANSWER_MS = 10_000;

/**
 * The cluster's API server, for a program that reads an object now and then. client-node knows every kind there is, which
 * takes such a program more memory than all the rest of it.
 */
export interface ApiServer {
  /**
   * @param path for instance `/api/v1/namespaces/ws-ada/secrets/models-access`
   * @returns undefined where there is no such object, or none that this program may read
   * @throws Error that says how it answered, and nothing of what: that may be a secret
   */
  read(path: string): Promise<unknown>;
}

export interface ApiServerAccess {
  readonly url: string;
  /** PEM of whom to trust there, asked for again each time. */
  authority?(): Promise<string>;
  /** Asked for again each time: the kubelet renews it. */
  token?(): Promise<string>;
}

/** As the account of the pod that this program is in. @throws Error outside of a pod */
export function ownApiServer(env: Readonly<Record<string, string | undefined>>, folder = ACCOUNT): ApiServer {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (host === undefined || port === undefined)
    throw new Error("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT say where the API server is, and aren't set");
  const text = (name: string) => async () => (await readFile(join(folder, name), "utf8")).trim();
  const address = host.includes(":") ? `[${host}]` : host;
  return apiServer({ url: `https://${address}:${port}`, authority: text("ca.crt"), token: text("token") });
}

export function apiServer({ url, authority, token }: ApiServerAccess): ApiServer {
  const isPlain = url.startsWith("http:");
  const agent = isPlain ? new HttpAgent({ keepAlive: true }) : new HttpsAgent({ keepAlive: true });
  const ask = async (path: string): Promise<IncomingMessage> => {
    const [ca, bearer] = await Promise.all([authority?.(), token?.()]);
    const headers = {
      accept: "application/json",
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
    };
    const options = { agent, ca, headers, signal: AbortSignal.timeout(ANSWER_MS) };
    return new Promise((resolve, reject) => {
      const asked = (isPlain ? httpRequest : httpsRequest)(new URL(path, url), options, resolve);
      asked.once("error", reject).end();
    });
  };
  return {
    async read(path) {
      const answer = await ask(path);
      const { statusCode } = answer;
      if (statusCode === 200) return json(answer);
      answer.resume();
      if (statusCode === 404 || statusCode === 403) return undefined;
      throw new Error(`the API server answered ${statusCode}`);
    },
  };
}

import { once } from "node:events";
import { get } from "node:http";
import type { IncomingMessage } from "node:http";
import { json } from "node:stream/consumers";
import { z } from "zod";
import type { Readiness } from "../../pod/health.ts";

const ANSWER_MS = 3_000;
/** A node whose figures have come, as the latest of them has it. */
const NODES = 'count(up{job="node"} == 1)';

const answer = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});

/** Whether a program of this pod, which listens on loopback alone, says that it is well. */
export async function isWell(url: string): Promise<Readiness> {
  try {
    const { statusCode } = (await asked(new URL("/health", url))).resume();
    return statusCode === 200
      ? { ready: true, reason: "ok" }
      : { ready: false, reason: `${url} answers ${statusCode}` };
  } catch (error) {
    return { ready: false, reason: `${url} does not answer: ${String(error)}` };
  }
}

/** Whether figures of a node arrive: a server that is up and gathers nothing is of no use. */
export async function gathers(metricsUrl: string): Promise<Readiness> {
  try {
    const url = new URL("/api/v1/query", metricsUrl);
    // The latest figures are held back otherwise, until all of a moment are sure to be there.
    url.search = new URLSearchParams({ query: NODES, latency_offset: "1s" }).toString();
    const [nodes] = answer.parse(await json(await asked(url))).data.result;
    return Number(nodes?.value[1] ?? 0) > 0
      ? { ready: true, reason: "ok" }
      : { ready: false, reason: "no figures of any node arrive" };
  } catch (error) {
    return { ready: false, reason: `figures can't be asked for: ${String(error)}` };
  }
}

/** Node's `fetch` is a program of its own, which would be loaded for these few questions alone. */
async function asked(url: URL): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { signal: AbortSignal.timeout(ANSWER_MS) }), "response")) as [
    IncomingMessage,
  ];
  return response;
}

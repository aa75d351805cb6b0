import type { KubeConfig } from "@kubernetes/client-node";
import { request, type RequestOptions } from "node:https";
import { z } from "zod";
import { ActionableError, Unreachable } from "../errors.ts";
import { passesByItself } from "./network-errors.ts";

const why = z.object({ reason: z.string().optional(), message: z.string().optional() });
const pod = z.object({
  metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional() }),
  status: z.object({
    containerStatuses: z.array(z.object({ name: z.string(), ready: z.boolean(), state: z.object({ waiting: why.optional(), terminated: why.optional() }).optional() })).default([]),
    conditions: z.array(why.extend({ type: z.string(), status: z.string() })).default([]),
  }),
});

/** As much of a pod as it takes to know whether it is ready, and why not. */
export type Pod = z.infer<typeof pod>;

/**
 * The pods that a label selector finds, by a request of our own: the client's would wait for ever
 * for an API server that takes the connection and says nothing.
 *
 * @param timeout milliseconds without a word.
 * @throws Unreachable; ActionableError `cluster-refused`.
 */
export async function listPods(config: KubeConfig, namespace: string, labelSelector: string, timeout: number): Promise<Pod[]> {
  const server = config.getCurrentCluster()?.server ?? "", name = `the API server ${server}`;
  const url = new URL(`${server.replace(/\/+$/, "")}/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?${new URLSearchParams({ labelSelector })}`);
  const { status, text } = await get(config, url, timeout).catch((error: unknown) => {
    if (passesByItself(error)) throw new Unreachable("cluster-unreachable", `${name} does not answer: ${messageOf(error)}`);
    throw new ActionableError("cluster-refused", `${name} cannot be asked: ${messageOf(error)}`);
  });
  if (status >= 500) throw new Unreachable("cluster-unreachable", `${name} answered ${status} to the list of pods in ${namespace}`);
  if (status !== 200) throw new ActionableError("cluster-refused", `${name} answered ${status} to the list of pods in ${namespace}`);
  return z.object({ items: z.array(pod) }).parse(JSON.parse(text)).items;
}

async function get(config: KubeConfig, url: URL, timeout: number): Promise<{ status: number; text: string }> {
  const options: RequestOptions = { timeout, headers: { Accept: "application/json" } };
  await config.applyToHTTPSOptions(options);
  return new Promise((resolve, reject) => {
    const asking = request(url, options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part)).on("error", reject)
        .on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asking.on("timeout", () => asking.destroy(Object.assign(new Error(`no word for ${timeout / 1000} s`), { code: "ETIMEDOUT" })));
    asking.on("error", reject).end();
  });
}

/** Failures to connect come as errors and as events of a WebSocket; both have a message. */
export function messageOf(error: unknown): string {
  const message = typeof error === "object" && error !== null && "message" in error ? error.message : undefined;
  return typeof message === "string" && message !== "" ? message : String(error);
}

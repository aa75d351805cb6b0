import { z } from "zod";
import type { ApiServer } from "./server.ts";

const why = z.object({ reason: z.string().optional(), message: z.string().optional() });
const end = why.extend({ exitCode: z.number().optional() });
const container = z.object({
  name: z.string(),
  ready: z.boolean(),
  state: z.object({ waiting: why.optional(), terminated: end.optional() }).optional(),
  lastState: z.object({ terminated: end.optional() }).optional(),
});
const pod = z.object({
  metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional() }),
  status: z.object({
    phase: z.string().optional(),
    initContainerStatuses: z.array(container).default([]),
    containerStatuses: z.array(container).default([]),
    conditions: z.array(why.extend({ type: z.string(), status: z.string() })).default([]),
  }),
});

/** As much of a pod as it takes to know whether it is ready, and why not. */
export type Pod = z.infer<typeof pod>;

/** The pods that a label selector finds. @throws as `ApiServer.list`. */
export async function listPods(server: ApiServer, namespace: string, labelSelector: string): Promise<Pod[]> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?${new URLSearchParams({ labelSelector })}`;
  return z.array(pod).parse(await server.list(path, `pods in ${namespace}`));
}

/** Why a pod is not ready, in Kubernetes' own words, for instance "ImagePullBackOff: no such image"; undefined where there are none. */
export function whyNotReady({ status }: Pod): string | undefined {
  const late = [...status.initContainerStatuses, ...status.containerStatuses].filter(({ ready }) => !ready);
  const held = (type: string) =>
    status.conditions.find((condition) => condition.type === type && condition.status !== "True");
  return (
    late.map(whyContainer).find((words) => words !== undefined) ??
    wordsOf(held("PodScheduled")) ??
    wordsOf(held("Ready"))
  );
}

/** A crash loop's own message says how long the kubelet waits, and not what for. */
function whyContainer({ state, lastState }: z.infer<typeof container>): string | undefined {
  const last = lastState?.terminated;
  if (state?.waiting?.reason !== "CrashLoopBackOff" || last === undefined)
    return wordsOf(state?.waiting ?? state?.terminated);
  const ended = last.reason === undefined || last.reason === "Error" ? "it ended" : last.reason;
  return `CrashLoopBackOff: ${ended} with exit code ${last.exitCode ?? "unknown"}`;
}

function wordsOf(given: z.infer<typeof why> | undefined): string | undefined {
  const words = [given?.reason, given?.message].filter((word) => word !== undefined && word !== "").join(": ");
  return words === "" ? undefined : words;
}

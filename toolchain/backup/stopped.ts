import type { Kubectl } from "../kubernetes/kubectl.ts";
import type { Deployment } from "../kubernetes/objects.ts";
import type { BackedUpVolume } from "../stack-outputs.ts";

/** On a Deployment: how many pods it had before it was stopped, in case whoever stopped it is killed. */
const REPLICAS = "guildnet.io/replicas-before-restore";
const STOPPED_WITHIN = "180s";
const STARTED_WITHIN = "300s";

/** Runs `work` while nothing uses a volume, and starts again what did; also after a failure, and after a run that was killed. */
export async function whileStopped<T>(kubectl: Kubectl, volume: BackedUpVolume, report: (activity: string) => void, work: () => Promise<T>): Promise<T> {
  const { namespace, deployment } = volume;
  const target = ["deployment", deployment, "--namespace", namespace];
  const { metadata, spec } = JSON.parse(await kubectl(["get", ...target, "--output", "json"])) as Deployment;
  const replicas = Number(metadata.annotations?.[REPLICAS] ?? spec.replicas ?? 1);
  const selector = Object.entries(spec.selector.matchLabels).map(([key, value]) => `${key}=${value}`).join(",");
  report(`stopping ${volume.name}`);
  await kubectl(["annotate", "--overwrite", ...target, `${REPLICAS}=${replicas}`]);
  try {
    await kubectl(["scale", ...target, "--replicas", "0"]);
    await kubectl(["wait", "pods", "--namespace", namespace, "--selector", selector, "--for=delete", "--timeout", STOPPED_WITHIN]);
    return await work();
  } finally {
    report(`starting ${volume.name}`);
    await kubectl(["scale", ...target, "--replicas", String(replicas)]);
    await kubectl(["annotate", ...target, `${REPLICAS}-`]);
    if (replicas > 0) await kubectl(["rollout", "status", ...target.slice(0, 1), deployment, "--namespace", namespace, "--timeout", STARTED_WITHIN]);
  }
}

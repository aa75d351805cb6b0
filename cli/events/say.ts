import type { Audience, EventData, EventType } from "../../events/index.ts";
import type { Forwarding } from "../../provider/cluster/port-forward.ts";
import type { StackOutputs } from "../stack-outputs.ts";

/** Milliseconds for all of it: a run is not to wait for the bus. */
const PATIENCE = 3000;

/** What is said. */
export interface Saying<Type extends EventType> {
  readonly audience: Audience;
  readonly type: Type;
  readonly data: EventData<Type>;
}

/**
 * Says on the guild's event bus what a run came to, where there is a bus. It never fails a run, and holds it up for three
 * seconds at most.
 * @param outputs of the stack, as far as there are any
 * @returns why it was not said, where it was not
 */
export async function say<Type extends EventType>(
  { events, kubeconfig }: Partial<StackOutputs>,
  saying: Saying<Type>,
): Promise<string | undefined> {
  if (events === undefined || events === null || kubeconfig === undefined) return undefined;
  const bus = { ...events, kubeconfig };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, PATIENCE, `it does not answer within ${PATIENCE / 1000} seconds`).unref();
  });
  try {
    return await Promise.race([said(bus, saying), late]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}

type Bus = NonNullable<StackOutputs["events"]> & { kubeconfig: string };

/** Loaded late: the cluster's client and NATS's are large, and most commands say nothing. */
async function said<Type extends EventType>(bus: Bus, { audience, type, data }: Saying<Type>): Promise<undefined> {
  const [{ connectTo, publish }, way] = await Promise.all([import("../../events/client/index.ts"), wayTo(bus)]);
  try {
    const { hostname } = new URL(bus.url);
    const servers = [way === undefined ? bus.url : `tls://127.0.0.1:${way.port}`];
    const connection = await connectTo(
      { ...bus, servers, servername: hostname, name: "up" },
      { reconnect: false, timeout: PATIENCE },
    );
    try {
      await publish(connection, audience, type, data, { timeout: PATIENCE });
    } finally {
      await connection.close();
    }
  } finally {
    way?.close();
  }
}

/** Through the cluster, where it is in there. */
async function wayTo({ url, kubeconfig, namespace, labelSelector }: Bus): Promise<Forwarding | undefined> {
  if (namespace === undefined || labelSelector === undefined) return undefined;
  const [{ forwardTo }, { readKubeconfig }] = await Promise.all([
    import("../../provider/cluster/port-forward.ts"),
    import("../../provider/cluster/kubeconfig.ts"),
  ]);
  const port = Number(new URL(url).port);
  return forwardTo(readKubeconfig(kubeconfig), { namespace, labelSelector, port }, PATIENCE);
}

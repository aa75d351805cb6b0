import type * as pulumi from "@pulumi/pulumi";
import type { SystemWorkload } from "../../../components/index.ts";

type Kind = SystemWorkload["kind"];
type Metadata = { namespace: pulumi.Input<string>; name: pulumi.Input<string> };

const COMPONENT = /^guildnet:index:(\w+)$/;
const KINDS: Readonly<Record<string, Kind>> = {
  "kubernetes:apps/v1:Deployment": "Deployment",
  "kubernetes:apps/v1:StatefulSet": "StatefulSet",
  "kubernetes:apps/v1:DaemonSet": "DaemonSet",
  "kubernetes:batch/v1:CronJob": "CronJob",
};

/**
 * Takes down what keeps pods running while components make it, so that no system has to list its own and none is forgotten:
 * as `npm run status` finds it in the stack's state.
 */
export class Workloads {
  readonly #components = new Map<pulumi.Resource, SystemWorkload["component"]>();
  readonly #made: SystemWorkload[] = [];

  /** For the options of whatever is looked at. */
  readonly transformation: pulumi.ResourceTransformation = ({ resource, type, name, props, opts: { parent } }) => {
    const component = COMPONENT.exec(type)?.[1],
      kind = KINDS[type],
      maker = parent && this.#components.get(parent);
    if (component !== undefined) this.#components.set(resource, { type: component, name });
    if (kind !== undefined && maker !== undefined) {
      const { namespace, name: own } = (props as { metadata: Metadata }).metadata;
      this.#made.push({ component: maker, resource: name, kind, namespace, name: own });
    }
    return undefined;
  };

  /** All so far. */
  get made(): readonly SystemWorkload[] {
    return this.#made;
  }
}

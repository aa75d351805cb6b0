/** What of an exported deployment (`pulumi stack export`) is looked at. */
export interface StackState {
  readonly deployment: {
    readonly resources?: readonly StateResource[];
    /** Operations that began and of whose end the engine does not know. */
    readonly pending_operations?: readonly { readonly type: string; readonly resource: StateResource }[];
  };
}

export interface StateResource {
  readonly urn: string;
  readonly type: string;
  /** The provider's own name for what it made. */
  readonly id?: string;
  /** URN of the resource it is a child of. */
  readonly parent?: string;
  /** Replaced already, and about to be deleted. */
  readonly delete?: boolean;
  /** Deleted already, in order to be made anew. */
  readonly pendingReplacement?: boolean;
  /** `<URN>::<id>` of its provider. */
  readonly provider?: string;
  readonly ignoreChanges?: readonly string[];
  /** URNs of what it stands on. */
  readonly dependencies?: readonly string[];
  readonly custom?: boolean;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

const EMBEDDED_NODE = "guildnet:index:EmbeddedNode";

/** Names of the embedded clusters that the stack has made. */
export function embeddedClusters({ deployment }: StackState): string[] {
  return (deployment.resources ?? [])
    .filter(({ type }) => type === EMBEDDED_NODE)
    .flatMap(({ inputs }) => (typeof inputs?.clusterName === "string" ? [inputs.clusterName] : []));
}

/** The same with those that a killed run began to make: they may run, and be in no state yet. */
export function embeddedClustersBegun({
  deployment: { resources = [], pending_operations = [] },
}: StackState): string[] {
  return [
    ...new Set(
      embeddedClusters({
        deployment: { resources: [...resources, ...pending_operations.map(({ resource }) => resource)] },
      }),
    ),
  ];
}

/** Names of resources that the engine refuses to delete. */
export function protectedResources({ deployment }: StackState): string[] {
  return (deployment.resources ?? []).filter(({ protect }) => protect === true).map(({ urn }) => resourceName(urn));
}

/** Names of resources whose objects a destroy leaves where they are. */
export function retainedResources({ deployment }: StackState): string[] {
  return (deployment.resources ?? [])
    .filter(({ custom, retainOnDelete }) => custom === true && retainOnDelete === true)
    .map(({ urn }) => resourceName(urn));
}

/** The same state with nothing protected or retained, so that a destroy takes the data along. */
export function releaseData(state: StackState): StackState {
  const resources = (state.deployment.resources ?? []).map((resource) => ({
    ...resource,
    protect: false,
    retainOnDelete: false,
    ...(resource.type === EMBEDDED_NODE
      ? { inputs: giveUpVolumes(resource.inputs), outputs: giveUpVolumes(resource.outputs) }
      : {}),
  }));
  return { ...state, deployment: { ...state.deployment, resources } };
}

function giveUpVolumes(properties: StateResource["inputs"]): StateResource["inputs"] {
  return properties === undefined ? undefined : { ...properties, keepVolumes: false };
}

/** The last part of a URN: the resource's name. */
function resourceName(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Attached, AttachedFiles, AttachedPrograms, Companion, SecretKey } from "../kube/attachment.ts";
import { appLabels, appSelector } from "../kube/labels.ts";
import { multiply, smaller } from "../kube/quantity.ts";
import { restrictedContainer, restrictedPod } from "../kube/restricted.ts";
import type { sizeOf } from "./presets.ts";

/** The port every workspace's IDE listens at. */
export const IDE_PORT = 8080;

/** Size of /tmp. A pod that passes it is evicted; builds and package managers take gigabytes. */
const TEMPORARY = "10Gi";

/** User of the workspace image, whom its home belongs to. */
export const WORKSPACE_USER = 1000;

/** Where the workspace image has its user's home. */
const HOME = "/home/guild";

/** Volume of programs that systems attach, and where a workspace has them; its image has that on the PATH. */
const PROGRAMS = "programs";
const PROGRAMS_FOLDER = "/opt/guildnet/bin";

/** A port of the workspace that the portal may reach beside the IDE. */
export interface WorkspacePort {
  /** 1–15 characters, lower case letters, digits and `-`; not "ide". */
  name: string;
  /** 1024–65535, not 8080. */
  port: number;
}

export interface ResolvedWorkspace {
  id: string;
  owner: pulumi.Input<string>;
  image: pulumi.Input<string>;
  size: ReturnType<typeof sizeOf>;
  environment: Record<string, pulumi.Input<string>>;
  /** Variables that tell of a proxy. */
  proxy: k8s.types.input.core.v1.EnvVar[];
  dotfiles?: pulumi.Input<string>;
  nodeSelector?: Record<string, pulumi.Input<string>>;
  priorityClass?: pulumi.Input<string>;
  labels: Record<string, pulumi.Input<string>>;
  /** Names of the objects it refers to. */
  serviceAccount: pulumi.Input<string>;
  claim: pulumi.Input<string>;
  ideAccess: pulumi.Input<string>;
  attached: readonly Attached[];
}

/**
 * The Deployment of a workspace. It has no `replicas`, as a field that isn't applied is left as it is: who
 * scales it, as `npm run restore` does for a while, is not undone by the next run.
 */
export function deploymentSpec(v: ResolvedWorkspace): k8s.types.input.apps.v1.DeploymentSpec {
  return {
    // Its volume is writable by one pod at a time.
    strategy: { type: "Recreate" },
    revisionHistoryLimit: 1,
    // Says within a minute why a pod doesn't come up, instead of after ten.
    progressDeadlineSeconds: 60,
    selector: { matchLabels: appSelector("workspace") },
    template: {
      metadata: { labels: { ...v.labels, ...appLabels("workspace") } },
      spec: {
        serviceAccountName: v.serviceAccount,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: 10,
        nodeSelector: v.nodeSelector,
        priorityClassName: v.priorityClass,
        securityContext: restrictedPod(WORKSPACE_USER),
        ...(programsOf(v).length > 0 && { initContainers: programsOf(v).map((programs) => layingOut(v, programs)) }),
        containers: [container(v), ...companionsOf(v).map((companion) => companionContainer(v, companion))],
        volumes: [
          { name: "home", persistentVolumeClaim: { claimName: v.claim } },
          { name: "tmp", emptyDir: { sizeLimit: TEMPORARY } },
          // What is in it counts to the container's memory. A container's own would have 64 MiB, too little for a browser.
          { name: "shm", emptyDir: { medium: "Memory", sizeLimit: multiply(v.size.memory, 0.5) } },
          {
            name: "ide-access",
            secret: {
              secretName: v.ideAccess,
              items: [{ key: "config.yaml", path: "config.yaml" }],
              defaultMode: 0o440,
            },
          },
          ...filesOf(v).map(attachedVolume),
          ...(programsOf(v).length > 0 ? [{ name: PROGRAMS, emptyDir: { sizeLimit: "1Gi" } }] : []),
        ],
      },
    },
  };
}

function container(v: ResolvedWorkspace): k8s.types.input.core.v1.Container {
  const healthz = { path: "/healthz", port: "ide" };
  return {
    name: "workspace",
    image: v.image,
    // Tags name their content; where there is no registry to ask, Always would never start.
    imagePullPolicy: "IfNotPresent",
    env: environment(v),
    // No further ones: they say nothing that the Service doesn't, and a change of them would end the pod.
    ports: [{ name: "ide", containerPort: IDE_PORT, protocol: "TCP" }],
    // What it said at last, where it ended with an error, for the portal and `npm run status`.
    terminationMessagePolicy: "FallbackToLogsOnError",
    securityContext: restrictedContainer,
    resources: {
      requests: { ...v.size.reserved, "ephemeral-storage": "64Mi" },
      limits: { cpu: v.size.cpu, memory: v.size.memory, "ephemeral-storage": "12Gi" },
    },
    // Ten minutes to start, and five without an answer: on a machine that is busy to its limits an editor that is ended
    // and started anew makes all others slower still.
    startupProbe: { httpGet: healthz, periodSeconds: 1, timeoutSeconds: 10, failureThreshold: 600 },
    readinessProbe: { httpGet: healthz, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
    livenessProbe: { httpGet: healthz, periodSeconds: 30, timeoutSeconds: 30, failureThreshold: 10 },
    volumeMounts: [
      { name: "home", mountPath: HOME },
      { name: "tmp", mountPath: "/tmp" },
      { name: "shm", mountPath: "/dev/shm" },
      { name: "ide-access", mountPath: "/etc/guildnet/ide", readOnly: true },
      ...filesOf(v).map(attachedMount),
      ...(programsOf(v).length > 0 ? [{ name: PROGRAMS, mountPath: PROGRAMS_FOLDER, readOnly: true }] : []),
    ],
  };
}

/** Copies programs to where the workspace has them, before it starts: within its size, so that quota and limits have room. */
function layingOut(
  { size }: ResolvedWorkspace,
  { name, image, paths }: AttachedPrograms,
): k8s.types.input.core.v1.Container {
  return {
    name,
    image,
    imagePullPolicy: "IfNotPresent",
    command: ["cp", "--", ...paths, PROGRAMS_FOLDER],
    terminationMessagePolicy: "FallbackToLogsOnError",
    securityContext: restrictedContainer,
    resources: {
      requests: { cpu: "10m", memory: "16Mi", "ephemeral-storage": "16Mi" },
      limits: { cpu: smaller("1", size.cpu), memory: "64Mi", "ephemeral-storage": "1Gi" },
    },
    volumeMounts: [{ name: PROGRAMS, mountPath: PROGRAMS_FOLDER }],
  };
}

function companionContainer(v: ResolvedWorkspace, companion: Companion): k8s.types.input.core.v1.Container {
  const { name, image, command, environment = {}, secretEnvironment = {}, files = [], size } = companion;
  const { reserved, ...limits } = size;
  return {
    name,
    image,
    imagePullPolicy: "IfNotPresent",
    command: [...command],
    env: [
      { name: "HOME", value: HOME },
      { name: "GUILDNET_WORKSPACE", value: v.id },
      { name: "GUILDNET_OWNER", value: v.owner },
      ...Object.entries(environment).map(([variable, value]) => ({ name: variable, value })),
      ...fromSecrets(secretEnvironment),
    ],
    terminationMessagePolicy: "FallbackToLogsOnError",
    securityContext: restrictedContainer,
    resources: {
      requests: { ...reserved, "ephemeral-storage": "16Mi" },
      limits: { ...limits, "ephemeral-storage": "1Gi" },
    },
    volumeMounts: [
      { name: "home", mountPath: HOME },
      { name: "tmp", mountPath: "/tmp" },
      ...filesOf(v)
        .filter((each) => files.includes(each.name))
        .map(attachedMount),
    ],
  };
}

function attachedMount({ name, folder }: AttachedFiles): k8s.types.input.core.v1.VolumeMount {
  return { name, mountPath: folder, readOnly: true };
}

function fromSecrets(variables: Readonly<Record<string, SecretKey>>): k8s.types.input.core.v1.EnvVar[] {
  return Object.entries(variables).map(([name, { secret, key }]) => ({
    name,
    valueFrom: { secretKeyRef: { name: secret, key } },
  }));
}

function programsOf({ attached }: ResolvedWorkspace): AttachedPrograms[] {
  return attached.flatMap(({ programs = [] }) => programs);
}

function companionsOf({ attached }: ResolvedWorkspace): Companion[] {
  return attached.flatMap(({ companions = [] }) => companions);
}

function filesOf({ attached }: ResolvedWorkspace): AttachedFiles[] {
  return attached.flatMap(({ files = [] }) => files);
}

function attachedVolume({ name, from }: AttachedFiles): k8s.types.input.core.v1.Volume {
  const items = from.only && { items: from.only.map((file) => ({ key: file, path: file })) };
  return "secret" in from
    ? { name, secret: { secretName: from.secret, ...items, defaultMode: 0o440 } }
    : { name, configMap: { name: from.configMap, ...items } };
}

/** How it gets out, where programs find what is attached, then the person's own variables, then ours, which win. */
function environment(v: ResolvedWorkspace): k8s.types.input.core.v1.EnvVar[] {
  const defaults = together(v.attached.map((each) => each.defaults));
  const ours = {
    GUILDNET_WORKSPACE: v.id,
    GUILDNET_OWNER: v.owner,
    ...(v.dotfiles === undefined ? {} : { GUILDNET_DOTFILES: v.dotfiles }),
    ...together(v.attached.map((each) => each.environment)),
  };
  return [
    ...v.proxy,
    ...Object.entries({ ...defaults, ...v.environment, ...ours }).map(([name, value]) => ({ name, value })),
    ...fromSecrets(
      Object.fromEntries(
        v.attached
          .flatMap(({ secretDefaults = {} }) => Object.entries(secretDefaults))
          .filter(([name]) => !(name in v.environment)),
      ),
    ),
  ];
}

function together(variables: readonly Attached["environment"][]): Record<string, pulumi.Input<string>> {
  return Object.assign({}, ...variables) as Record<string, pulumi.Input<string>>;
}

/** The IDE and the extra ports, as one list. */
export function servicePorts(extra: readonly WorkspacePort[]): WorkspacePort[] {
  return [{ name: "ide", port: IDE_PORT }, ...extra];
}

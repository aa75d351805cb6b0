import { AppsV1Api, CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import type { MachineReports } from "../guild/machine.ts";
import type { PublicationList } from "../guild/publications.ts";
import type { Systems } from "../guild/systems.ts";
import type { WorkspaceAccess, WorkspaceDirectory } from "../guild/workspaces.ts";
import type { MemberList } from "../identity/members.ts";
import type { SignOutStore } from "../identity/sign-outs.ts";
import { ClusterAccess } from "./access.ts";
import { ClusterDirectory } from "./directory.ts";
import { JoinedDirectory } from "./joined-directory.ts";
import { appKind, workspaceKind } from "./kinds.ts";
import { ClusterMachine } from "./machine.ts";
import { ClusterMembers } from "./members.ts";
import { ClusterPublications } from "./publications.ts";
import { ClusterSignOuts } from "./sign-outs.ts";
import { ClusterSystems } from "./systems.ts";

export interface ClusterWorkspaces {
  readonly directory: WorkspaceDirectory;
  readonly access: WorkspaceAccess;
  readonly signOuts: SignOutStore;
  readonly members: MemberList;
  readonly machine: MachineReports;
  readonly systems: Systems;
  /** Undefined where nothing can be published. */
  readonly publications: PublicationList | undefined;
  stop(): void;
}

export interface ClusterWorkspacesOptions {
  readonly clusterDomain: string;
  /** Whether there is a list of what is published to follow. @default false */
  readonly publishes?: boolean;
  readonly warn: (message: string, error?: Error) => void;
  /** @default the pod's service account, or the machine's kubeconfig outside a cluster */
  readonly kubeConfig?: KubeConfig;
  readonly retryMs?: number;
}

/** The workspaces and apps of the cluster this process runs in, where it keeps sign-outs, who is in the guild, what is published, and how its machine and systems are. Where both have one name, the workspace has the host. */
export function clusterWorkspaces({
  clusterDomain,
  publishes = false,
  warn,
  kubeConfig = defaultKubeConfig(),
  retryMs,
}: ClusterWorkspacesOptions): ClusterWorkspaces {
  const core = kubeConfig.makeApiClient(CoreV1Api);
  const apps = kubeConfig.makeApiClient(AppsV1Api);
  const parts = [workspaceKind, appKind].map(
    (kind) => new ClusterDirectory({ kind, kubeConfig, core, apps, warn, retryMs }),
  );
  const directory = new JoinedDirectory(parts);
  const access = new ClusterAccess(core, clusterDomain, (id) =>
    directory.get(id)?.visibility === undefined ? workspaceKind : appKind,
  );
  directory.onChange((id) => {
    if (!directory.get(id)) access.forget(id);
  });
  const signOuts = new ClusterSignOuts({ kubeConfig, warn, retryMs });
  const members = new ClusterMembers({ kubeConfig, warn, retryMs });
  const machine = new ClusterMachine({ kubeConfig, warn, retryMs });
  const publications = publishes ? new ClusterPublications({ kubeConfig, warn, retryMs }) : undefined;
  return {
    directory,
    access,
    signOuts,
    members,
    machine,
    systems: new ClusterSystems(kubeConfig),
    publications,
    stop: () => [...parts, signOuts, members, machine, publications].forEach((part) => part?.stop()),
  };
}

function defaultKubeConfig(): KubeConfig {
  const kubeConfig = new KubeConfig();
  if (process.env["KUBERNETES_SERVICE_HOST"]) kubeConfig.loadFromCluster();
  else kubeConfig.loadFromDefault();
  return kubeConfig;
}

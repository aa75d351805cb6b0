import { Workspace } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { Wants, Ground, Layer, WantedVolume } from "../../system.ts";
import type { AppsKeys } from "../apps/schema.ts";
import { jobRoom } from "../backup/room.ts";
import type { BackupKeys } from "../backup/schema.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { PortalGives } from "../portal/layer.ts";
import type { ProxyGives } from "../proxy/layer.ts";
import type { SchedulingGives } from "../scheduling/layer.ts";
import type { StorageGives } from "../storage/layer.ts";
import { keepingSizes } from "./keeping-sizes.ts";
import { ownersOf } from "./owners.ts";
import { workspacesMistakes } from "./rules.ts";
import { workspaceName, workspacesKeys } from "./schema.ts";
import type { WorkspacesKeys } from "./schema.ts";
import { workspaceSize } from "./size.ts";

interface WorkspacesOutputs {
  workspaces: { name: string; owner: string; url: string }[];
}

type Reads = WorkspacesKeys & AppsKeys & BackupKeys & ClusterKeys;
type Needs = Ground & ClusterGives & ProxyGives & SchedulingGives & StorageGives & PortalGives;

export const workspaces = system({
  keys: workspacesKeys,
  rules: workspacesMistakes,
  volumes: workspacesVolumes,
  keeping: keepingSizes,
  wants: workspacesWants,
  layer: workspacesLayer,
});

function homeOf(name: string): { namespace: string; claim: string } {
  return { namespace: `ws-${name}`, claim: "home" };
}

function workspacesVolumes({ workspaces: all }: WorkspacesKeys): WantedVolume[] {
  return all.map((workspace, index) => {
    const name = workspaceName(workspace);
    return {
      path: ["workspaces", index],
      person: { ...workspace, what: "workspace", name },
      ...homeOf(name),
      size: workspaceSize(workspace).storage,
      sizeKey: workspace.storage === undefined ? undefined : ["storage"],
    };
  });
}

function workspacesWants({ images }: ClusterKeys): Partial<Wants> {
  return {
    images: {
      workspace: {
        ...(images.workspace === undefined ? { context: "images/workspace" } : { reference: images.workspace }),
        first: true,
      },
    },
  };
}

function workspacesLayer(
  config: Reads,
  { attachments, classes, classIn, image, opts, portal, proxy }: Needs,
): Layer<object, WorkspacesOutputs> {
  const kept = config.workspaces.map((workspace) => {
    const { name: _, owner, takeOverFrom, storage, keepData, ...rest } = workspace;
    const name = workspaceName(workspace),
      home = homeOf(name);
    const { volume } = new Workspace(
      name,
      {
        ...rest,
        owner,
        backup: jobRoom(config),
        proxy,
        keepData,
        priorityClass: classes.interactive,
        image: rest.image ?? image("workspace"),
        resources: { ...rest.resources, storage },
        storageClass: classIn(home, keepData),
        attachments,
      },
      opts,
    );
    return {
      name,
      namespace: home.namespace,
      deployment: "workspace",
      owners: ownersOf({ owner, takeOverFrom }),
      volume,
    };
  });
  const told = config.workspaces.map((workspace) => ({
    name: workspaceName(workspace),
    owner: workspace.owner,
    url: portal.workspaceUrl(workspaceName(workspace)),
  }));
  return {
    gives: {},
    outputs: { workspaces: told },
    kept,
    probes: told.map(({ name, url }) => ({
      what: `workspace ${name}`,
      component: { type: "Workspace", name },
      url,
      authority: portal.caCertificate,
    })),
  };
}

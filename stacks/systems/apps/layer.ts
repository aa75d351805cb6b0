import { App } from "../../../components/index.ts";
import type { Visibility } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { KeptVolume, Layer, WantedVolume } from "../../system.ts";
import { jobRoom } from "../backup/room.ts";
import type { BackupKeys } from "../backup/schema.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { PortalGives } from "../portal/layer.ts";
import type { ProxyGives } from "../proxy/layer.ts";
import type { SchedulingGives } from "../scheduling/layer.ts";
import type { StorageGives } from "../storage/layer.ts";
import { ownersOf } from "../workspaces/owners.ts";
import { appsMistakes } from "./rules.ts";
import { appsKeys } from "./schema.ts";
import type { AppsKeys } from "./schema.ts";

interface AppsOutputs {
  apps: { name: string; owner: string; visibility: Visibility; url: string }[];
}

type Reads = AppsKeys & BackupKeys & ClusterKeys;
type Needs = ClusterGives & ProxyGives & SchedulingGives & StorageGives & PortalGives;

export const apps = system({
  keys: appsKeys,
  rules: appsMistakes,
  volumes: appsVolumes,
  layer: appsLayer,
});

function dataOf(name: string): { namespace: string; claim: string } {
  return { namespace: `app-${name}`, claim: "data" };
}

function appsVolumes({ apps: all }: AppsKeys): WantedVolume[] {
  return all.flatMap((app, index): WantedVolume[] =>
    app.storage === undefined
      ? []
      : [
          {
            path: ["apps", index],
            person: { ...app, what: "app" },
            ...dataOf(app.name),
            size: app.storage.size,
            sizeKey: ["storage", "size"],
          },
        ],
  );
}

function appsLayer(config: Reads, { classes, classIn, opts, portal, proxy }: Needs): Layer<object, AppsOutputs> {
  const backup = jobRoom(config);
  const kept = config.apps.flatMap(({ name, takeOverFrom, ...app }): KeptVolume[] => {
    const data = dataOf(name);
    const { volume } = new App(
      name,
      {
        ...app,
        proxy,
        backup: app.storage !== undefined && backup,
        storageClass: classIn(data, app.keepData),
        priorityClass: classes.interactive,
      },
      opts,
    );
    return volume === undefined
      ? []
      : [
          {
            name,
            namespace: data.namespace,
            deployment: "app",
            owners: ownersOf({ owner: app.owner, takeOverFrom }),
            volume,
          },
        ];
  });
  const told = config.apps.map(({ name, owner, visibility }) => ({
    name,
    owner,
    visibility,
    url: portal.workspaceUrl(name),
  }));
  return {
    gives: {},
    outputs: { apps: told },
    kept,
    probes: told.map(({ name, url }) => ({
      what: `app ${name}`,
      component: { type: "App", name },
      url,
      authority: portal.caCertificate,
    })),
  };
}

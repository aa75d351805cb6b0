import { noSystems } from "./system-list.ts";
import { apps } from "./systems/apps/layer.ts";
import { authority } from "./systems/authority/layer.ts";
import { backup } from "./systems/backup/layer.ts";
import { balancer } from "./systems/balancer/layer.ts";
import { certificates } from "./systems/certificates/layer.ts";
import { cluster } from "./systems/cluster/layer.ts";
import { events } from "./systems/events/layer.ts";
import { mesh } from "./systems/mesh/layer.ts";
import { modelGateway } from "./systems/model-gateway/layer.ts";
import { models } from "./systems/models/layer.ts";
import { monitoring } from "./systems/monitoring/layer.ts";
import { notes } from "./systems/notes/layer.ts";
import { overview } from "./systems/overview/layer.ts";
import { people } from "./systems/people/layer.ts";
import { portal } from "./systems/portal/layer.ts";
import { proxy } from "./systems/proxy/layer.ts";
import { radicle } from "./systems/radicle/layer.ts";
import { registry } from "./systems/registry/layer.ts";
import { scheduling } from "./systems/scheduling/layer.ts";
import { storage } from "./systems/storage/layer.ts";
import { tunnel } from "./systems/tunnel/layer.ts";
import { workspaces } from "./systems/workspaces/layer.ts";

/** The guild's systems, each on those before it. */
export const systems = noSystems
  .with(proxy)
  .with(people)
  .with(authority)
  .with(cluster)
  .with(scheduling)
  .with(storage)
  .with(certificates)
  .with(events)
  .with(notes)
  .with(portal)
  .with(balancer)
  .with(registry)
  .with(radicle)
  .with(models)
  .with(mesh)
  .with(modelGateway)
  .with(workspaces)
  .with(apps)
  .with(tunnel)
  .with(backup)
  .with(monitoring)
  .with(overview);

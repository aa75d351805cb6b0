import { eventsUrl, modelGatewayHost, NOTES_LABEL, registryHost } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { Layer } from "../../system.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import type { PortalGives } from "../portal/layer.ts";

/** Told of by themselves: people's own by the portal's list, a volume's backup by its line in `npm run status`. */
const OWN_REPORT = new Set(["Workspace", "App", "Backup"]);

/** The last of the list, as it tells of all: how the systems are, for the portal's admins. */
export const overview = system({ keys: {}, layer: overviewLayer });

function overviewLayer(_: unknown, { portal, workloads }: PortalGives & ClusterGives): Layer<object, object> {
  const addresses: Readonly<Record<string, string>> = {
    EventBus: eventsUrl,
    Notes: portal.workspaceUrl(NOTES_LABEL),
    ModelGateway: `https://${modelGatewayHost}/v1`,
    Portal: portal.url,
    Registry: `https://${registryHost}`,
  };
  portal.showSystems(
    workloads.made
      .filter(({ component }) => !OWN_REPORT.has(component.type))
      .map((each) => ({ ...each, address: each.kind === "Deployment" ? addresses[each.component.type] : undefined })),
  );
  return { gives: {}, outputs: {} };
}

import { appsDomainBeside, isBelow, portalAddresses } from "../../../components/index.ts";
import type { Broken } from "../../check/broken.ts";
import type { AppsKeys } from "../apps/schema.ts";
import { workspaceName } from "../workspaces/schema.ts";
import type { WorkspacesKeys } from "../workspaces/schema.ts";
import type { PortalKeys } from "./schema.ts";

/** A workspace's page must never share an origin, or a domain's cookies, with the portal. */
export function portalMistakes({ portal, workspaces, apps }: PortalKeys & WorkspacesKeys & AppsKeys): Broken[] {
  const { host, appsDomain } = portalAddresses(portal);
  const broken: Broken[] = [];
  if (isBelow(host, appsDomain)) {
    broken.push({
      paths: [
        ["portal", "appsDomain"],
        ["portal", "host"],
      ],
      allowed: `a domain that portal.host, ${host}, is neither equal to nor below`,
      fix: `write "${appsDomainBeside(host)}", or remove the key`,
    });
  }
  const named = [
    ...workspaces.map((workspace, index) => ({ path: ["workspaces", index, "name"], name: workspaceName(workspace) })),
    ...apps.map(({ name }, index) => ({ path: ["apps", index, "name"], name })),
  ];
  for (const { path, name } of named) {
    if (`${name}.${appsDomain}` === host)
      broken.push({
        paths: [path, ["portal"]],
        allowed: `a name whose address isn't the portal's own, ${host}`,
        fix: "rename it",
      });
  }
  return broken;
}

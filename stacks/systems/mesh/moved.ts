import { serverUrl } from "../../../components/index.ts";
import type { Former } from "../../survey/former.ts";
import type { PortalKeys } from "../portal/schema.ts";
import { headscaleHostname } from "./names.ts";
import type { MeshKeys } from "./schema.ts";

/**
 * What people do once with devices that have joined, where the guild's own server is elsewhere from now on: unlike the
 * guild's router, which is told, these remember where they logged in. They need no key, as the server knows theirs.
 */
export function movedServer({ mesh, portal }: MeshKeys & PortalKeys, { loginServer }: Former): string[] {
  if (mesh.kind !== "headscale" || loginServer === undefined) return [];
  const now = serverUrl({ hostname: headscaleHostname(mesh, portal), port: mesh.port });
  if (now === loginServer) return [];
  return [
    `Devices that have joined the mesh log in at ${now} from now on, and still ask at ${loginServer}. On each, once: tailscale down, then tailscale up --login-server ${now} --accept-routes. It stays who it is, and needs no key.`,
  ];
}

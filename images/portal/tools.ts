import type { AddressInfo } from "node:net";
import type { FastifyBaseLogger } from "fastify";
import { readCertificate, watchCertificate } from "../pod/tls.ts";
import type { Services } from "./api/services.ts";
import type { ToolsConfig } from "./config.ts";
import type { WorkspaceEventBus } from "./guild/workspace-events.ts";
import type { SigningKeys } from "./identity/signing-keys.ts";
import { docsOf, type Docs } from "./tools/docs.ts";
import { toolsApp } from "./tools/tools-app.ts";

/** What of the portal's parts it takes. */
interface Parts {
  readonly keys: SigningKeys;
  readonly docs?: () => Promise<Docs>;
  readonly workspaceEvents?: WorkspaceEventBus;
  readonly log: FastifyBaseLogger;
  readonly certificatePollMs?: number;
}

/** Where agents in workspaces ask, at a port of its own. */
export interface ToolsEntrance {
  readonly address: AddressInfo;
  close(): Promise<void>;
}

/** @throws where the certificate or the workspaces' key cannot be read, or the address is taken */
export async function startTools(
  { listen, tlsDirectory }: ToolsConfig,
  services: Services,
  { certificatePollMs, docs, keys, log, workspaceEvents }: Parts,
): Promise<ToolsEntrance> {
  if (keys.workspaces === undefined) throw new Error("where workspaces ask there is a key for their tokens");
  const certificate = await readCertificate(tlsDirectory);
  const app = toolsApp(services, {
    certificate,
    key: keys.workspaces,
    docs: docs ?? (() => Promise.resolve(docsOf([]))),
    events: workspaceEvents,
    log,
  });
  const stopWatching = watchCertificate(tlsDirectory, {
    current: certificate,
    server: app.server,
    onRenewed: () => log.info("certificate of the tools renewed"),
    onError: (error) => log.warn({ err: error }, "certificate of the tools not readable, keeping the one in use"),
    pollMs: certificatePollMs,
  });
  await app.listen(listen);
  return {
    address: app.server.address() as AddressInfo,
    async close() {
      stopWatching();
      await app.close();
    },
  };
}

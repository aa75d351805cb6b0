import { once } from "node:events";
import { z } from "zod";
import { healthServer } from "../../pod/health.ts";
import { servedCertificate } from "./served-certificate.ts";

const port = z.coerce.number().int().min(1).max(65535);
const environment = z.object({
  GUILDNET_SERVER_PORT: port,
  GUILDNET_HEALTH_PORT: port,
  GUILDNET_TLS_DIR: z.string().min(1),
});

/** Beside a server that reads its certificate at its start alone: answers the kubelet whether it serves the one that is mounted. */
async function main(): Promise<void> {
  const {
    GUILDNET_SERVER_PORT: server,
    GUILDNET_HEALTH_PORT: health,
    GUILDNET_TLS_DIR: directory,
  } = environment.parse(process.env);
  const listening = healthServer(() => ({ ready: true, reason: "ok" }), {
    "/certificate": () => servedCertificate(directory, server),
  });
  listening.listen(health);
  await once(listening, "listening");
  const stop = (): void => process.exit(0);
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`The certificate can't be watched: ${String(error)}\n`);
  process.exit(1);
});

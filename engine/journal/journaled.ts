import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { StateService, type Surroundings } from "./state-service.ts";
import type { Update } from "./update.ts";

/** Milliseconds the engine gathers steps for before it tells them: a step waits as long for its answer. */
const GATHER_MS = 2;

/** Starts the engine with more of an environment, and says which process it is. */
export type StartEngine<T> = (env: NodeJS.ProcessEnv, onStart?: (pid: number) => void) => Promise<T>;

/**
 * Runs an engine that tells this process of each step, and puts the sum into the state file at the end, however
 * it ends. Should this process be killed as well, the next run does that (`recover`).
 * @param credentials folder for what the engine keeps of where it is logged in
 */
export async function journaled<T>(
  update: Update,
  credentials: string,
  around: Surroundings,
  start: StartEngine<T>,
): Promise<T> {
  const service = await StateService.start(update, around);
  // With a token in the environment instead, the engine says each time that it logs in.
  const account = { accessToken: service.token, username: "organization", lastValidatedAt: new Date().toISOString() };
  writeFileSync(
    join(credentials, "credentials.json"),
    JSON.stringify({ current: service.url, accounts: { [service.url]: account } }),
    { mode: 0o600 },
  );
  try {
    return await start(
      {
        PULUMI_BACKEND_URL: service.url,
        PULUMI_CREDENTIALS_PATH: credentials,
        PULUMI_JOURNALING_BATCH_PERIOD: String(GATHER_MS),
      },
      (pid) => {
        update.engine = pid;
      },
    );
  } finally {
    await service.stop();
    update.abandon();
  }
}

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../toolchain/errors.ts";
import type { Home } from "../toolchain/home.ts";
import type { Backend } from "./session.ts";

/**
 * Whoever names a backend or a token, or has logged in with `pulumi login`, keeps their state there.
 * @param userPulumiHome PULUMI_HOME of the user, not ours
 */
export function chooseBackend(env: NodeJS.ProcessEnv, userPulumiHome: string): Backend {
  const credentials = env.PULUMI_CREDENTIALS_PATH ?? userPulumiHome;
  const variable = ["PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN"].find((name) => Boolean(env[name]));
  if (variable !== undefined) return { kind: "elsewhere", credentials, by: `the variable ${variable}` };
  return isLoggedIn(credentials)
    ? { kind: "elsewhere", credentials, by: `\`pulumi login\` (${join(credentials, "credentials.json")})` }
    : { kind: "own" };
}

function isLoggedIn(folder: string): boolean {
  const file = join(folder, "credentials.json");
  if (!existsSync(file)) return false;
  const { current } = JSON.parse(readFileSync(file, "utf8")) as { current?: string };
  return Boolean(current);
}

/**
 * Makes our backend ready: its folder, and a passphrase on first use.
 * @throws UserError `passphrase-lost` when there is state that was encrypted with a passphrase that is gone
 */
export function prepareBackend(backend: Backend, home: Home, env: NodeJS.ProcessEnv): void {
  if (backend.kind === "elsewhere") return;
  mkdirSync(home.state, { recursive: true });
  const given = env.PULUMI_CONFIG_PASSPHRASE !== undefined || env.PULUMI_CONFIG_PASSPHRASE_FILE !== undefined;
  if (given || existsSync(home.passphrase)) return;
  if (existsSync(join(home.state, ".pulumi", "stacks"))) throw lostPassphrase(home);
  writeFileSync(home.passphrase, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
}

function lostPassphrase(home: Home): UserError {
  return new UserError(
    "passphrase-lost",
    `The passphrase file ${home.passphrase} is gone, and the state in ${home.state} can't be read without it.\n` +
      "Put the file back from a backup, or set PULUMI_CONFIG_PASSPHRASE.\n" +
      `If it is lost for good, move ${home.state} away: the next \`npm run up\` starts with an empty state.`,
  );
}

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";
import { ConfigError } from "../check/mistakes.ts";
import type { Credentials, ExecCommand, Kubeconfig, Source } from "./kubeconfig.ts";

const TIMEOUT_MS = 60_000;

/** What such a command prints: https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
const printed = z.object({
  status: z.object({
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
  }),
});

/** Credentials from the command that a kubeconfig names, as kubectl gets them. @throws ConfigError naming key and command, and nothing that it printed */
export async function execCredentials(
  { server, credentials }: Kubeconfig,
  { apiVersion, command, args, env }: ExecCommand,
  source: Source,
): Promise<Credentials> {
  const refuse = (what: string) =>
    new ConfigError([
      {
        key: source,
        found: `a user whose credentials come from the command "${command}"`,
        allowed: "a command that prints credentials",
        fix: `${what}; run kubectl --server ${server} version with the same kubeconfig to see more`,
      },
    ]);
  const info = JSON.stringify({ apiVersion, kind: "ExecCredential", spec: { interactive: false } });
  const environment = {
    ...process.env,
    ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
    KUBERNETES_EXEC_INFO: info,
  };
  const { stdout } = await promisify(execFile)(command, args, { env: environment, timeout: TIMEOUT_MS }).catch(
    (error: NodeJS.ErrnoException) => {
      throw refuse(
        typeof error.code === "string"
          ? `it could not be run (${error.code})`
          : `it ended with ${error.code ?? "a signal"}`,
      );
    },
  );
  const answer = printed.safeParse(parsed(stdout));
  if (!answer.success) throw refuse("it printed something else");
  const { token, clientCertificateData: cert, clientKeyData: key } = answer.data.status;
  return {
    ...credentials,
    token,
    clientCertificate: cert !== undefined && key !== undefined ? { cert, key } : undefined,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ask, type Answer } from "../http/request.ts";
import { policyHealthPort } from "./layout.ts";
import { roles } from "./roles.ts";
import type { NodeSpec } from "./spec.ts";

/** Milliseconds without a word after which a request is given up. */
const patience = 5000;

const node = z.object({
  status: z.object({
    conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() })).optional(),
  }),
});

/** What a node says of itself; `reason` is there unless it is ready. */
export interface Readiness {
  readonly ready: boolean;
  readonly reason?: string;
}

/** Asks the API server, as the administrator, whether it and the node are ready. Never throws: not being reachable is an answer. */
export async function readiness(folder: string, spec: NodeSpec, name: string): Promise<Readiness> {
  return answered(async () => {
    const health = await get(folder, spec, "/readyz");
    if (health.status !== 200)
      return { ready: false, reason: `the API server is not ready: ${failedChecks(health.text)}` };
    const answer = await get(folder, spec, `/api/v1/nodes/${name}`);
    if (answer.status !== 200) return { ready: false, reason: "the kubelet has not registered its node yet" };
    const condition = node.parse(JSON.parse(answer.text)).status.conditions?.find(({ type }) => type === "Ready");
    if (condition?.status !== "True")
      return { ready: false, reason: `the node is not ready: ${condition?.message ?? "no word from the kubelet"}` };
    const policies = await get(folder, spec, `/api/v1/nodes/http:${name}:${policyHealthPort}/proxy/healthz`);
    return policies.status === 200
      ? { ready: true }
      : { ready: false, reason: "network policies are not enforced: kube-router does not answer" };
  });
}

/** Gives the node's own programs their roles; safe to repeat. Never throws, like `readiness`. */
export async function grantRoles(folder: string, spec: NodeSpec): Promise<Readiness> {
  return answered(async () => {
    for (const [path, role] of Object.entries(roles)) {
      const { status, text } = await send(folder, spec, "PATCH", `${path}?fieldManager=guildnet-node&force=true`, role);
      if (status >= 300)
        return {
          ready: false,
          reason: `the API server is not ready: it takes no ${role.kind} yet (${text.slice(0, 200)})`,
        };
    }
    return { ready: true };
  });
}

async function answered(question: () => Promise<Readiness>): Promise<Readiness> {
  try {
    return await question();
  } catch (error) {
    return {
      ready: false,
      reason: `the API server does not answer: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function failedChecks(body: string): string {
  return (
    body
      .split("\n")
      .filter((line) => line.startsWith("[-]"))
      .map((line) => line.slice(3).split(" ")[0])
      .join(", ") || body.slice(0, 200)
  );
}

function get(folder: string, spec: NodeSpec, path: string): Promise<Answer> {
  return send(folder, spec, "GET", path);
}

/** @param object what to apply, with PATCH */
function send(
  folder: string,
  { apiPort }: NodeSpec,
  method: "GET" | "PATCH",
  path: string,
  object?: object,
): Promise<Answer> {
  const pem = (file: string): Buffer => readFileSync(join(folder, "pki", file));
  return ask(`https://127.0.0.1:${apiPort}${path}`, {
    method,
    agent: false,
    patience,
    headers: object === undefined ? {} : { "content-type": "application/apply-patch+yaml" },
    ca: pem("ca.crt"),
    cert: pem("user-admin.crt"),
    key: pem("user-admin.key"),
    body: object === undefined ? undefined : JSON.stringify(object),
  });
}

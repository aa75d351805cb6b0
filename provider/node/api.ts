import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { z } from "zod";
import { policyHealthPort } from "./layout.ts";
import { roles } from "./roles.ts";
import type { NodeSpec } from "./spec.ts";

const node = z.object({ status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() })).optional() }) });

/** What a node says of itself; `reason` is there unless it is ready. */
export interface Readiness {
  readonly ready: boolean;
  readonly reason?: string;
}

/** Asks the API server, as the administrator, whether it and the node are ready. Never throws: not being reachable is an answer. */
export async function readiness(folder: string, spec: NodeSpec, name: string): Promise<Readiness> {
  return answered(async () => {
    const health = await get(folder, spec, "/readyz");
    if (health.status !== 200) return { ready: false, reason: `the API server is not ready: ${failedChecks(health.body)}` };
    const answer = await get(folder, spec, `/api/v1/nodes/${name}`);
    if (answer.status !== 200) return { ready: false, reason: "the kubelet has not registered its node yet" };
    const condition = node.parse(JSON.parse(answer.body)).status.conditions?.find(({ type }) => type === "Ready");
    if (condition?.status !== "True") return { ready: false, reason: `the node is not ready: ${condition?.message ?? "no word from the kubelet"}` };
    const policies = await get(folder, spec, `/api/v1/nodes/http:${name}:${policyHealthPort}/proxy/healthz`);
    return policies.status === 200 ? { ready: true } : { ready: false, reason: "network policies are not enforced: kube-router does not answer" };
  });
}

/** Gives the node's own programs their roles; safe to repeat. Never throws, like `readiness`. */
export async function grantRoles(folder: string, spec: NodeSpec): Promise<Readiness> {
  return answered(async () => {
    for (const [path, role] of Object.entries(roles)) {
      const { status, body } = await ask(folder, spec, "PATCH", `${path}?fieldManager=guildnet-node&force=true`, role);
      if (status >= 300) return { ready: false, reason: `the API server is not ready: it takes no ${role.kind} yet (${body.slice(0, 200)})` };
    }
    return { ready: true };
  });
}

async function answered(question: () => Promise<Readiness>): Promise<Readiness> {
  try {
    return await question();
  } catch (error) {
    return { ready: false, reason: `the API server does not answer: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function failedChecks(body: string): string {
  return body.split("\n").filter((line) => line.startsWith("[-]")).map((line) => line.slice(3).split(" ")[0]).join(", ") || body.slice(0, 200);
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function get(folder: string, spec: NodeSpec, path: string): Promise<Answer> {
  return ask(folder, spec, "GET", path);
}

/** @param object what to apply, with PATCH */
function ask(folder: string, spec: NodeSpec, method: "GET" | "PATCH", path: string, object?: object): Promise<Answer> {
  const pem = (file: string): Buffer => readFileSync(join(folder, "pki", file));
  return new Promise((resolve, reject) => {
    const call = request({
      host: "127.0.0.1", port: spec.apiPort, method, path, agent: false, timeout: 5000,
      headers: object === undefined ? {} : { "content-type": "application/apply-patch+yaml" },
      ca: pem("ca.crt"), cert: pem("user-admin.crt"), key: pem("user-admin.key"),
    }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text)).on("error", reject)
        .on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    call.on("timeout", () => call.destroy(new Error("no answer within 5 s"))).on("error", reject);
    call.end(object === undefined ? undefined : JSON.stringify(object));
  });
}

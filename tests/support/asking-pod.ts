import { apply, kubectl } from "./guildnet.ts";

/** A pod that asks what it is told to, over HTTP. */
export interface AskingPod {
  /** What is answered, whatever its status. */
  ask(url: string, options?: { method?: string; body?: unknown }): Promise<{ status: number; json: unknown }>;
}

/** Milliseconds until a connection that nobody takes counts as refused. A policy drops packets, and says nothing. */
const PATIENCE = 5_000;

/**
 * Starts a pod that passes for one of a program, by the labels that policies look for. It is never ready, so
 * that no Service leads to it.
 * @param program as its pods are labelled
 */
export async function askingPod(name: string, namespace: string, program: string): Promise<AskingPod> {
  const image = await kubectl(
    "get",
    "deployment",
    "portal",
    "--namespace",
    "guildnet-portal",
    "--output",
    "jsonpath={.spec.template.spec.containers[0].image}",
  );
  const { exitCode, stderr } = await apply({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { "app.kubernetes.io/name": program } },
    spec: {
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: "ask",
          image,
          imagePullPolicy: "IfNotPresent",
          command: ["node", "-e", "setInterval(() => {}, 1e9)"],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          readinessProbe: { exec: { command: ["false"] } },
        },
      ],
    },
  });
  if (exitCode !== 0) throw new Error(stderr);
  await kubectl(
    "wait",
    "--namespace",
    namespace,
    "--for",
    "jsonpath={.status.phase}=Running",
    "--timeout",
    "90s",
    `pod/${name}`,
  );
  return {
    async ask(url, { method = "GET", body } = {}) {
      const said = await kubectl(
        "exec",
        "--namespace",
        namespace,
        name,
        "--",
        "node",
        "-e",
        asking,
        url,
        method,
        JSON.stringify(body ?? null),
      );
      return JSON.parse(said) as { status: number; json: unknown };
    },
  };
}

/** By a client that waits for an answer as long as it takes, and for a connection but shortly. */
const asking = `
const [, url, method, body] = process.argv;
const request = require("node:http").request(url, { method, headers: { "content-type": "application/json" } }, (response) => {
  let text = "";
  response.on("data", (part) => (text += part)).on("end", () => {
    let json;
    try { json = JSON.parse(text); } catch { json = text; }
    console.log(JSON.stringify({ status: response.statusCode, json }));
  });
});
const late = setTimeout(() => request.destroy(new Error("nobody takes the connection")), ${PATIENCE});
request.on("socket", (socket) => socket.on("connect", () => clearTimeout(late)));
request.on("error", (error) => { console.error(error.message); process.exitCode = 1; });
request.end(body === "null" ? undefined : body);
`;

/** Removes it. */
export async function removeAskingPod(name: string, namespace: string): Promise<void> {
  await kubectl("delete", "pod", name, "--namespace", namespace, "--ignore-not-found", "--grace-period", "1");
}

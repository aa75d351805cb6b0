import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { apply, kubectl, root } from "../guildnet.ts";

/** A pod with a server of models that follows a script, in the image that has Node. */
export async function scriptedModel(): Promise<void> {
  const image = await kubectl(
    "get",
    "deploy",
    "portal",
    "--namespace",
    "guildnet-portal",
    "--output",
    "jsonpath={.spec.template.spec.containers[0].image}",
  );
  const metadata = { name: "scripted", namespace: "default", labels: { app: "scripted" } };
  const script = readFileSync(join(root, "tests/support/codex/scripted-server.mjs"), "utf8");
  const container = {
    name: "scripted",
    image,
    command: ["node", "/script/server.mjs"],
    readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    volumeMounts: [{ name: "script", mountPath: "/script" }],
  };
  const securityContext = { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } };
  const spec = {
    automountServiceAccountToken: false,
    securityContext,
    containers: [container],
    volumes: [{ name: "script", configMap: { name: "scripted" } }],
  };
  for (const object of [
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "server.mjs": script } },
    { apiVersion: "v1", kind: "Service", metadata, spec: { selector: { app: "scripted" }, ports: [{ port: 8080 }] } },
    { apiVersion: "v1", kind: "Pod", metadata, spec },
  ]) {
    const { exitCode, stderr } = await apply(object);
    expect(exitCode, stderr).toBe(0);
  }
  await kubectl("wait", "--namespace", "default", "--for", "condition=Ready", "--timeout", "60s", "pod/scripted");
}

/** Its Service stays: the cluster's DNS goes on to tell the address of one from before for some seconds. */
export async function withoutScriptedModel(): Promise<void> {
  await kubectl("delete", "pod", "scripted", "--namespace", "default", "--ignore-not-found", "--grace-period", "1");
}

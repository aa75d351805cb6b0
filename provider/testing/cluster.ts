import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import type { ContainerAddress } from "../cluster/ready-pod.ts";
import { createAuthority, issueCertificate } from "../pki/x509.ts";

/** What a command of a pod does: its words, and what it ends with. */
export interface Outcome {
  readonly stdout?: string;
  readonly stderr?: string;
  /** @default 0 */
  readonly exitCode?: number;
  /** Breaks the connection instead of ending. */
  readonly lost?: boolean;
}

export interface Cluster {
  readonly address: ContainerAddress;
  /** As the API server lists them; a test may change them. */
  pods: unknown[];
  /** Other lists, by their path; a test may add some. */
  readonly lists: Record<string, unknown[]>;
  /** Answer to a list of pods, 0 for none. @default 200 */
  status: number;
  /** Path of every question, in order. */
  readonly asked: string[];
  /** Every command, in order. */
  readonly commands: string[][];
}

const authority = await createAuthority("Test CA", 1);
const certificate = await issueCertificate(authority, {
  commonName: "api",
  ipAddresses: ["127.0.0.1"],
  validityDays: 1,
});

/** A pod of one container, by default one that runs. */
export function pod(
  name: string,
  {
    ready = true,
    state = {},
    last,
    deleted = false,
  }: { ready?: boolean; state?: unknown; /** Its end before. */ last?: unknown; deleted?: boolean } = {},
): unknown {
  return {
    metadata: { name, ...(deleted && { deletionTimestamp: "2026-01-01T00:00:00Z" }) },
    status: {
      containerStatuses: [
        { name: "headscale", ready, state, lastState: { terminated: last }, image: "", imageID: "", restartCount: 0 },
      ],
    },
  };
}

/** An API server that lists pods and runs commands in them as kubelets do, for the running test. */
export async function cluster(run: (command: string[]) => Outcome): Promise<Cluster> {
  const commands: string[][] = [],
    asked: string[] = [],
    selector = "app=headscale";
  const { listening, kubeconfig } = await apiServer((request, response) => {
    const url = new URL(request.url ?? "", "http://api");
    if (served.status === 0) return;
    asked.push(url.pathname);
    const arePods =
      url.pathname === "/api/v1/namespaces/mesh/pods" && url.searchParams.get("labelSelector") === selector;
    const items = arePods ? served.pods : served.lists[url.pathname];
    const body =
      url.pathname === "/version" ? { gitVersion: "v1.36.3" } : { kind: "List", apiVersion: "v1", metadata: {}, items };
    response
      .writeHead(items === undefined && url.pathname !== "/version" ? 404 : served.status, {
        "Content-Type": "application/json",
      })
      .end(JSON.stringify(body));
  });
  new WebSocketServer({ server: listening, handleProtocols: () => "v5.channel.k8s.io" }).on(
    "connection",
    (socket, request) => {
      const url = new URL(request.url ?? "", "http://api"),
        command = url.searchParams.getAll("command");
      commands.push([url.pathname.split("/").at(-2) ?? "", url.searchParams.get("container") ?? "", ...command]);
      const { stdout = "", stderr = "", exitCode = 0, lost = false } = run(command);
      const send = (channel: number, text: string): void =>
        socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text)]));
      if (lost) return socket.terminate();
      send(1, stdout);
      send(2, stderr);
      send(
        3,
        JSON.stringify(
          exitCode === 0
            ? { status: "Success" }
            : {
                status: "Failure",
                reason: "NonZeroExitCode",
                message: `command terminated with exit code ${exitCode}`,
              },
        ),
      );
    },
  );
  const served: Cluster = {
    address: { kubeconfig, namespace: "mesh", labelSelector: selector, container: "headscale" },
    pods: [pod("headscale-0")],
    lists: {},
    status: 200,
    asked,
    commands,
  };
  return served;
}

/** An API server that answers as told, for the running test, and a kubeconfig with the right to ask it. */
export async function apiServer(answer: RequestListener): Promise<{ listening: Server; kubeconfig: string }> {
  const listening = createServer({ cert: certificate.certificatePem, key: certificate.privateKeyPem }, answer);
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    listening.close();
    listening.closeAllConnections();
  });
  return { listening, kubeconfig: kubeconfigOf(`https://127.0.0.1:${(listening.address() as AddressInfo).port}`) };
}

/** With a context that leads nowhere, and one that does not know the server's authority. JSON, which is YAML too. */
function kubeconfigOf(server: string): string {
  const trust = { "certificate-authority-data": Buffer.from(authority.certificatePem).toString("base64") };
  return JSON.stringify({
    clusters: [
      { name: "c", cluster: { server, ...trust } },
      { name: "nowhere", cluster: { server: "https://127.0.0.1:9" } },
      { name: "stranger", cluster: { server } },
    ],
    users: [{ name: "u", user: { token: "cluster-secret" } }],
    contexts: [
      { name: "c", context: { cluster: "c", user: "u" } },
      { name: "nowhere", context: { cluster: "nowhere", user: "u" } },
      { name: "stranger", context: { cluster: "stranger", user: "u" } },
    ],
    "current-context": "c",
  });
}

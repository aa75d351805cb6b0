import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import { apiServer } from "./cluster.ts";

/** What a stand-in server knows, to be looked at and changed by a test. */
export interface Shelf {
  /** By name with its tag: the digest, and what it was made of where it was made. */
  readonly models: Map<string, { digest: string; made?: Record<string, unknown> }>;
  /** By digest. */
  readonly blobs: Map<string, Buffer>;
  /** What the library has; undefined where it can't be reached. */
  library: readonly string[] | undefined;
  /** How many calls more break in their middle. */
  breaks: number;
  /** `METHOD path` of every call, in order. */
  readonly calls: string[];
}

const sha256 = (content: string | Buffer): string => `sha256:${createHash("sha256").update(content).digest("hex")}`;

/** A server that speaks as much of Ollama's API as the provider does, for the running test. */
export async function ollamaServer(): Promise<{ url: string; port: number; shelf: Shelf }> {
  const shelf: Shelf = { models: new Map(), blobs: new Map(), library: [], breaks: 0, calls: [] };
  const listening = createServer((request, response) => void answer(shelf, request, response));
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    listening.close();
    listening.closeAllConnections();
  });
  const { port } = listening.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, shelf };
}

async function answer(shelf: Shelf, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = "", url = "" } = request;
  shelf.calls.push(`${method} ${url}`);
  const [kind = "", digest = ""] = url.split("/").slice(2);
  const say = (status: number, json: unknown): void => void response.writeHead(status).end(JSON.stringify(json));
  const lines = (...steps: unknown[]): void => {
    for (const step of steps) response.write(`${JSON.stringify(step)}\n`);
    if (shelf.breaks-- > 0) setImmediate(() => request.socket.destroy());
    else response.end();
  };
  if (kind === "tags")
    return say(200, { models: [...shelf.models].map(([name, model]) => ({ name, ...model, size: 7, newField: 1 })) });
  if (kind === "blobs" && method === "HEAD") return void response.writeHead(shelf.blobs.has(digest) ? 200 : 404).end();
  if (kind === "blobs") {
    const content = await buffer(request);
    if (sha256(content) !== digest) return say(400, { error: `digest mismatch, expected "${digest}"` });
    shelf.blobs.set(digest, content);
    return void response.writeHead(201).end();
  }
  const { model, ...body } = JSON.parse(await text(request)) as { model: string; from?: string; template?: string };
  const name = model.includes(":") ? model : `${model}:latest`;
  const there = shelf.models.get(name);
  if (kind === "pull") {
    if (shelf.library === undefined)
      return lines({ status: "pulling manifest" }, { error: "pull model manifest: dial tcp: no such host" });
    if (!shelf.library.includes(name))
      return lines({ status: "pulling manifest" }, { error: "pull model manifest: file does not exist" });
    if (shelf.breaks === 0) shelf.models.set(name, { digest: sha256(name) });
    return lines({ status: "pulling 1234", total: 20_000_000, completed: 5_000_000 }, { status: "success" });
  }
  if (kind === "create") {
    shelf.models.set(name, { digest: sha256(JSON.stringify(body)), made: body });
    return lines({ status: "parsing GGUF" }, { status: "success" });
  }
  if (there === undefined) return say(404, { error: `model '${model}' not found` });
  if (kind === "show")
    return say(200, { capabilities: ["completion", ...(/Tools/.test(JSON.stringify(there)) ? ["tools"] : [])] });
  shelf.models.delete(name);
  response.writeHead(200).end();
}

/** A cluster with one pod, whose ports are this machine's: where its server is, and what was asked of it. */
export async function clusterWithPod(port: number) {
  const pods: unknown[] = [
    {
      metadata: { name: "ollama-0" },
      status: { containerStatuses: [{ name: "ollama", ready: true, image: "", imageID: "", restartCount: 0 }] },
    },
  ];
  const asked: string[] = [];
  const refuse = { with: undefined as string | undefined };
  const { listening, kubeconfig } = await apiServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ items: pods }));
  });
  new WebSocketServer({ server: listening, handleProtocols: () => "v4.channel.k8s.io" }).on(
    "connection",
    (socket, request) => {
      asked.push(request.url ?? "");
      const send = (channel: number, data: Buffer): void => socket.send(Buffer.concat([Buffer.from([channel]), data]));
      // Both channels begin with the port's number; kubelets send it in one message or before the first.
      for (const channel of [0, 1]) send(channel, Buffer.from([port & 0xff, port >> 8]));
      if (refuse.with !== undefined) return send(1, Buffer.from(refuse.with));
      const there = connect(port, "127.0.0.1");
      there
        .on("data", (data) => send(0, data))
        .on("close", () => socket.close())
        .on("error", (error) => send(1, Buffer.from(error.message)));
      socket.on("message", (message: Buffer) => there.write(message.subarray(1))).on("close", () => there.destroy());
    },
  );
  const address = { kubeconfig, namespace: "guildnet-ollama", labelSelector: "app=ollama", container: "ollama", port };
  return { pod: address, pods, asked, refuse };
}

import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import type { ClientRequest, IncomingMessage } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { apiServer } from "../../pod/api-server.ts";
import { createLog } from "../../pod/logging.ts";
import { startApiServer, type TestApiServer } from "../../pod/testing/api-server.ts";
import { testCertificate, type TestCertificate } from "../../pod/testing/certificates.ts";
import { readCertificate } from "../../pod/tls.ts";
import { clusterCredentials } from "./credentials.ts";
import { gateway } from "./gateway.ts";
import { limits } from "./limits.ts";
import { metrics, metricsServer, type Metrics } from "./metrics.ts";
import { readSettings } from "./settings.ts";
import { asEvents, asJson, event, startModelServer, type TestModelServer } from "./testing/model-server.ts";
import type { Asked } from "./told.ts";
import { upstream } from "./upstream.ts";

const tokens = { ada: "ada.a-long-random-token", bob: "bob.another-long-random-token" };
const KEY = "sk-a-key-of-the-guild";
const MIDNIGHT = Date.parse("2030-01-02T00:00:00Z");

let api: TestApiServer;
let pair: TestCertificate;
let outside: TestModelServer;
let inside: TestModelServer;
let counted: Metrics;
let port = 0;
let clock = 0;
let asked: Asked[] = [];
const logged: string[] = [];
let close: () => Promise<unknown> = async () => {};

beforeAll(async () => {
  api = await startApiServer();
  for (const [workspace, token] of Object.entries(tokens)) put(workspace, token);
  pair = await testCertificate(["localhost"]);
  await writeFile(join(pair.directory, "openai"), `${KEY}\n`);
  [outside, inside] = await Promise.all([startModelServer(), startModelServer()]);
});
afterAll(() => Promise.all([api.close(), outside.close(), inside.close(), pair.remove()]));

beforeEach(async () => {
  clock = MIDNIGHT - 3_600_000;
  asked = [];
  counted = metrics();
  const settings = readSettings(
    JSON.stringify({
      servers: [
        {
          name: "openai",
          url: outside.url,
          dialect: "openai",
          key: "openai",
          models: [{ name: "gpt", contextWindow: 100_000, tools: true, workspaces: ["ada"] }],
        },
        {
          name: "local",
          url: inside.url,
          dialect: "plain",
          models: [
            { name: "small:135m", contextWindow: 8192, tools: false },
            { name: "hf.co/coder", contextWindow: 32_768, tools: true, temperature: 0.5 },
          ],
        },
        {
          name: "gone",
          url: "http://127.0.0.1:1",
          dialect: "plain",
          models: [{ name: "lost", contextWindow: 1, tools: true }],
        },
      ],
      limits: { requestsAtOnce: 3 },
      limitsOf: { bob: { tokensPerDay: 100, requestsAtOnce: 1 } },
    }),
  );
  const servers = upstream(pair.directory, { connectMs: 2_000, answerMs: 60_000 });
  const app = gateway({
    certificate: await readCertificate(pair.directory),
    settings,
    credentials: clusterCredentials(apiServer({ url: api.url }), () => clock),
    upstream: servers,
    limits: limits(settings, () => clock),
    metrics: counted,
    told: [{ asked: (question) => void asked.push(question) }],
    log: createLog("info", { write: (line) => void logged.push(line) }),
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  port = (app.server.address() as AddressInfo).port;
  close = async () => {
    await app.close();
    await servers.close();
  };
});
afterEach(() => close());

function put(workspace: string, token: string): void {
  api.put(`/api/v1/namespaces/ws-${workspace}/secrets`, {
    metadata: { name: "models-access" },
    data: { password: Buffer.from(token).toString("base64") },
  } as object);
}

interface Asking {
  path?: string;
  method?: string;
  token?: string | undefined;
  headers?: Record<string, string>;
  body?: object | string | Buffer;
}

/** Begins to ask. The answer is given as soon as its head is there. */
function begin({ path = "/v1/responses", method = "POST", headers, body, ...who }: Asking): {
  sent: ClientRequest;
  answer: Promise<IncomingMessage>;
} {
  const token = "token" in who ? who.token : tokens.ada;
  const sent = request({
    host: "127.0.0.1",
    servername: "localhost",
    port,
    ca: pair.certificate,
    method,
    path,
    agent: false,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
  });
  const answer = new Promise<IncomingMessage>((resolve, reject) =>
    sent.once("response", resolve).once("error", reject),
  );
  sent.end(body === undefined || typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  return { sent, answer };
}

interface Reply {
  status: number;
  headers: IncomingMessage["headers"];
  text: string;
  body: { error?: { message: string; [key: string]: unknown }; [key: string]: unknown };
}

async function ask(asking: Asking): Promise<Reply> {
  const response = await begin(asking).answer;
  const said = await text(response);
  const body = response.headers["content-type"]?.includes("json") ? (JSON.parse(said) as Reply["body"]) : {};
  return { status: response.statusCode ?? 0, headers: response.headers, text: said, body };
}

const small = { model: "small:135m", input: "Say hello." };
const completed = (input: number, output: number) => ({
  type: "response.completed",
  response: { id: "r", usage: { input_tokens: input, output_tokens: output, total_tokens: input + output } },
});

describe("models", () => {
  test("are told of to those who may ask them, in the order of the settings", async () => {
    const ids = async (token: string) =>
      ((await ask({ path: "/v1/models", method: "GET", token })).body["data"] as { id: string }[]).map(({ id }) => id);
    expect(await ids(tokens.ada)).toEqual(["gpt", "small:135m", "hf.co/coder", "lost"]);
    expect(await ids(tokens.bob)).toEqual(["small:135m", "hf.co/coder", "lost"]);
  });

  test("are found one by one, whatever is in their names", async () => {
    const reply = await ask({ path: "/v1/models/hf.co/coder", method: "GET" });
    expect(reply.body).toMatchObject({ id: "hf.co/coder", object: "model", owned_by: "local", context_window: 32_768 });
    expect((await ask({ path: "/v1/models/nothing", method: "GET" })).status).toBe(404);
  });

  test.each(["gpt", "nothing"])(
    "that a workspace may not ask (%s) are to it as those that are not there",
    async (model) => {
      const reply = await ask({ token: tokens.bob, body: { model, input: "" } });
      expect(reply).toMatchObject({ status: 404, body: { error: { code: "model_not_found", param: "model" } } });
      expect(reply.body.error?.message).toBe(
        `There is no model "${model}" for bob. There are: small:135m, hf.co/coder, lost.`,
      );
    },
  );
});

describe("a question", () => {
  test("reaches its server, with the key that the gateway alone has, and nothing else of who asked", async () => {
    outside.answers((response) => asJson(response, 200, { id: "r", usage: { input_tokens: 7, output_tokens: 5 } }));
    const body = { model: "gpt", input: [{ role: "developer", content: "Be brief." }], tools: [], seed: 1 };
    const reply = await ask({
      body,
      headers: { "x-codex-turn-metadata": "/home/guild/secret-project", cookie: "a=b" },
    });
    expect(reply).toMatchObject({ status: 200, body: { id: "r" } });
    const { path, headers, body: received } = outside.asked.at(-1) ?? {};
    expect({ path, received }).toEqual({ path: "/v1/responses", received: body });
    expect(Object.keys(headers ?? {}).sort()).toEqual([
      "accept",
      "accept-encoding",
      "authorization",
      "connection",
      "content-length",
      "content-type",
      "host",
      "user-agent",
    ]);
    expect(headers?.authorization).toBe(`Bearer ${KEY}`);
    expect(asked).toMatchObject([
      { workspace: "ada", model: "gpt", server: "openai", status: 200, usage: { input: 7, output: 5, reported: true } },
    ]);
  });

  test("is asked with a key that was renewed while the gateway runs", async () => {
    outside.answers((response) => asJson(response, 200, {}));
    await writeFile(join(pair.directory, "openai"), "sk-renewed");
    await ask({ body: { model: "gpt" } });
    expect(outside.asked.at(-1)?.headers.authorization).toBe("Bearer sk-renewed");
    await writeFile(join(pair.directory, "openai"), KEY);
  });

  test("of a server without a key is asked without one: a workspace's token goes nowhere", async () => {
    inside.answers((response) => asJson(response, 200, {}));
    await ask({ body: small });
    expect(inside.asked.at(-1)?.headers.authorization).toBeUndefined();
  });

  test("leaves out functions for a model that calls none, and what a developer says is a system's for an older server", async () => {
    inside.answers((response) => asJson(response, 200, {}));
    const input = [
      { type: "message", role: "developer", content: "Be brief." },
      { type: "message", role: "user", content: "Hello" },
    ];
    const tools = { tools: [{ type: "function", name: "f" }], tool_choice: "auto", parallel_tool_calls: true };
    const said = [{ ...input[0], role: "system" }, input[1]];
    await ask({ body: { model: "small:135m", input, ...tools } });
    expect(inside.asked.at(-1)?.body).toEqual({ model: "small:135m", input: said });
    await ask({ body: { model: "hf.co/coder", input, ...tools } });
    expect(inside.asked.at(-1)?.body).toEqual({ model: "hf.co/coder", input: said, ...tools, temperature: 0.5 });
    await ask({ path: "/v1/chat/completions", body: { model: "hf.co/coder", messages: input, temperature: 0 } });
    expect(inside.asked.at(-1)?.body).toEqual({ model: "hf.co/coder", messages: said, temperature: 0 });
  });

  const group = (name: string, ...tools: string[]) => ({
    type: "namespace",
    name,
    tools: tools.map((tool) => ({ type: "function", name: tool, parameters: { type: "object" } })),
  });
  const calls = [
    { type: "function_call", namespace: "mcp__guild", name: "who", call_id: "1", arguments: "{}" },
    { type: "function_call", namespace: "mcp__gone", name: "what", call_id: "2", arguments: "{}" },
    { type: "function_call", name: "exec_command", call_id: "3", arguments: "{}" },
  ];
  const grouped = {
    model: "hf.co/coder",
    input: calls,
    tools: [
      { type: "function", name: "exec_command" },
      group("mcp__guild", "who", "docs"),
      { type: "function", name: "mcp__guild__docs" },
    ],
  };
  const answered = [
    { type: "message", role: "assistant", content: [] },
    { type: "function_call", name: "mcp__guild__who", call_id: "4", arguments: "{}" },
    { type: "function_call", name: "mcp__guild__docs_2", call_id: "5", arguments: "{}" },
    { type: "function_call", name: "exec_command", call_id: "6", arguments: "{}" },
  ];
  const restored = [
    answered[0],
    { ...answered[1], namespace: "mcp__guild", name: "who" },
    { ...answered[2], namespace: "mcp__guild", name: "docs" },
    answered[3],
  ];

  test("that groups its functions is asked of an older server without groups, and calls are given theirs back", async () => {
    inside.answers((response) => asJson(response, 200, { id: "r", output: answered }));
    expect((await ask({ body: grouped })).body).toEqual({ id: "r", output: restored });
    expect(inside.asked.at(-1)?.body).toMatchObject({
      input: [
        { type: "function_call", name: "mcp__guild__who", call_id: "1", arguments: "{}" },
        { type: "function_call", name: "mcp__gone__what", call_id: "2", arguments: "{}" },
        calls[2],
      ],
      tools: ["exec_command", "mcp__guild__who", "mcp__guild__docs_2", "mcp__guild__docs"].map((name) => ({
        type: "function",
        name,
      })),
    });
    expect(JSON.stringify(inside.asked.at(-1)?.body)).not.toContain("namespace");
    inside.answers((response) => {
      asEvents(response);
      response.write(event({ type: "response.created", response: { id: "r", output: [] } }, "response.created"));
      // In pieces, as they may come.
      const text = answered.map((item) =>
        event({ type: "response.output_item.done", item }, "response.output_item.done"),
      );
      const all =
        text.join("") + event({ ...completed(7, 5), response: { ...completed(7, 5).response, output: answered } });
      for (let at = 0; at < all.length; at += 50) response.write(all.slice(at, at + 50));
      response.end(event("[DONE]"));
    });
    const { text } = await ask({ body: { ...grouped, stream: true } });
    const said = [...text.matchAll(/^data: ({.*})$/gm)].map(
      ([, data]) => JSON.parse(data ?? "") as Record<string, unknown>,
    );
    expect(said.flatMap(({ item }) => item ?? [])).toEqual(restored);
    expect(said.at(-1)).toMatchObject({ response: { output: restored } });
    expect(text).toContain("event: response.created\n");
    expect(text).toContain("data: [DONE]");
    expect(asked.at(-1)?.usage).toEqual({ input: 7, output: 5, reported: true });
  });

  test("that has a name in its groups ten thousand times holds up nobody else's", async () => {
    inside.answers((response) => asJson(response, 200, { output: [] }));
    const names = Array.from({ length: 10_000 }, () => "who");
    expect((await ask({ body: { ...grouped, tools: [group("mcp__guild", ...names)] } })).status).toBe(200);
    const sent = inside.asked.at(-1)?.body as { tools: { name: string }[] } | undefined;
    expect(new Set(sent?.tools.map(({ name }) => name)).size).toBe(10_000);
  });

  test("of groups is OpenAI's to read, as it came", async () => {
    outside.answers((response) => asJson(response, 200, { output: answered }));
    const body = { ...grouped, model: "gpt" };
    expect((await ask({ body })).body).toEqual({ output: answered });
    expect(outside.asked.at(-1)?.body).toEqual(body);
  });

  test.each<[string, Asking["body"], string]>([
    ["no JSON", "{", "invalid_json"],
    ["no object", "[]", "invalid_question"],
    ["without a model", { input: "" }, "invalid_question"],
    ["with a model that is none", { model: 7 }, "invalid_question"],
    ["nothing at all", "", "invalid_json"],
    ["with two models, one of them in capitals", { model: "small:135m", Model: "hf.co/coder" }, "invalid_question"],
    [
      "with a letter that others take for an s",
      { model: "small:135m", stream: false, ſtream: true },
      "invalid_question",
    ],
  ])("that is %s is refused in words", async (_, body, code) => {
    const reply = await ask({ body: body ?? {} });
    expect(reply).toMatchObject({ status: 400, body: { error: { code, type: "invalid_request_error" } } });
  });

  test("with two models is about the one that was allowed, whichever of them its server would read", async () => {
    inside.answers((response) => asJson(response, 200, {}));
    const before = inside.asked.length;
    await ask({ token: tokens.bob, body: '{"model":"gpt","input":"","model":"small:135m"}' });
    expect(inside.asked[before]?.text).not.toContain("gpt");
  });

  test("that is too large is refused before it is there", async () => {
    const reply = await ask({ body: Buffer.alloc(16 * 1024 * 1024 + 1, " ") });
    expect(reply).toMatchObject({ status: 413, body: { error: { code: "too_large" } } });
  });

  test("of another type, at another address, or by another method is told what there is", async () => {
    expect((await ask({ body: "model=gpt", headers: { "content-type": "text/plain" } })).status).toBe(415);
    const reply = await ask({ path: "/v1/embeddings", body: small });
    expect(reply).toMatchObject({
      status: 404,
      body: { error: { message: expect.stringContaining("POST /v1/responses") } },
    });
    expect((await ask({ method: "GET" })).status).toBe(404);
    expect((await ask({ path: "/v1/responses/resp_1", method: "GET" })).status).toBe(404);
  });
});

describe("who asks", () => {
  test.each<[string, string | undefined]>([
    ["nobody", undefined],
    ["with a guess", "ada.a-guess"],
    ["without a secret", "ada."],
    ["as a workspace that is not there", "eve.a-long-random-token"],
    ["with the name of a path", "../kube-system.a-long-random-token"],
    ["with another's token under a name of its own", `bob.${tokens.ada}`],
  ])("%s is told nothing", async (_, token) => {
    const [models, question] = [
      await ask({ path: "/v1/models", method: "GET", token }),
      await ask({ token, body: small }),
    ];
    for (const reply of [models, question])
      expect(reply).toMatchObject({ status: 401, body: { error: { code: "invalid_api_key" } } });
  });

  test("as a new workspace is let in at once, and one that is gone no more ten seconds later", async () => {
    put("eve", "eve.new");
    const status = async () => (await ask({ path: "/v1/models", method: "GET", token: "eve.new" })).status;
    clock += 2_000;
    expect(await status()).toBe(200);
    api.remove("/api/v1/namespaces/ws-eve/secrets", "models-access");
    clock += 11_000;
    expect(await status()).toBe(401);
  });

  test("with a token made anew is let in a second later, and no more with the old one", async () => {
    const status = async (token: string) => (await ask({ path: "/v1/models", method: "GET", token })).status;
    expect(await status(tokens.bob)).toBe(200);
    put("bob", "bob.renewed");
    clock += 1_001;
    expect(await status("bob.renewed")).toBe(200);
    expect(await status(tokens.bob)).toBe(401);
    put("bob", tokens.bob);
  });

  test("is looked up once, however often they ask", async () => {
    const lookups = () => api.requests.filter((target) => target.includes("ws-ada")).length;
    await ask({ path: "/v1/models", method: "GET" });
    const before = lookups();
    for (let times = 0; times < 5; times++) await ask({ path: "/v1/models", method: "GET" });
    expect(lookups()).toBe(before);
  });

  test("can't be looked up: that is said, its cause is in the log, and the next one is looked up again", async () => {
    api.refuse("/api/v1/namespaces/ws-ada/secrets", 500);
    const reply = await ask({ body: small });
    expect(reply).toMatchObject({ status: 503, body: { error: { code: "unavailable" } } });
    expect(reply.text).not.toContain("500");
    expect(logged.join("")).toContain("the API server answered 500");
    api.refuse("/api/v1/namespaces/ws-ada/secrets", undefined);
    expect((await ask({ path: "/v1/models", method: "GET" })).status).toBe(200);
  });
});

describe("an answer in events", () => {
  const parts = [
    event({ type: "response.created", response: { id: "r" } }, "response.created"),
    event({ type: "response.output_text.delta", delta: "Grüße" }, "response.output_text.delta"),
    event(completed(11, 1), "response.completed"),
  ];

  test("is passed on part by part, each before there is a next one, byte for byte", async () => {
    let next: () => void = () => {};
    inside.answers((response) => {
      asEvents(response);
      const left = [...parts];
      next = () => {
        const part = left.shift();
        if (part === undefined) response.end();
        else response.write(part);
      };
    });
    const response = await begin({ body: { ...small, stream: true } }).answer;
    expect(response.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
    });
    let seen = "";
    response.setEncoding("utf8").on("data", (part: string) => (seen += part));
    let expected = "";
    for (const part of parts) {
      next();
      expected += part;
      await vi.waitFor(() => expect(seen).toBe(expected), { interval: 5 });
    }
    next();
    await once(response, "end");
    expect(asked).toMatchObject([{ status: 200, usage: { input: 11, output: 1, reported: true } }]);
  });

  test("is counted where its events are cut anywhere, in the middle of a letter too", async () => {
    const bytes = Buffer.from(parts.join(""));
    inside.answers((response) => {
      asEvents(response);
      const write = (place: number): void => {
        if (place >= bytes.length) response.end();
        else response.write(bytes.subarray(place, place + 7), () => setImmediate(write, place + 7));
      };
      write(0);
    });
    expect((await ask({ body: { ...small, stream: true } })).text).toBe(parts.join(""));
    expect(asked).toMatchObject([{ usage: { input: 11, output: 1, reported: true } }]);
  });

  const chunk = (content: string) => ({ object: "chat.completion.chunk", choices: [{ delta: { content } }] });
  const usage = { object: "chat.completion.chunk", choices: [], usage: { prompt_tokens: 4, completion_tokens: 2 } };
  const chat = [event(chunk("Hel")), event(chunk("lo")), event(usage), event("[DONE]")];

  test("of a chat is asked for its tokens, which are kept from who didn't ask for them", async () => {
    inside.answers((response) => {
      asEvents(response);
      response.end(chat.join(""));
    });
    const body = { model: "small:135m", messages: [], stream: true };
    const reply = await ask({ path: "/v1/chat/completions", body });
    expect(inside.asked.at(-1)?.body).toEqual({ ...body, stream_options: { include_usage: true } });
    expect(reply.text).toBe([chat[0], chat[1], chat[3]].join(""));
    const open = { ...body, stream_options: { include_usage: true } };
    expect((await ask({ path: "/v1/chat/completions", body: open })).text).toBe(chat.join(""));
    expect(asked.map((each) => each.usage)).toEqual(Array(2).fill({ input: 4, output: 2, reported: true }));
  });

  test("that says nothing of its tokens is estimated", async () => {
    inside.answers((response) => {
      asEvents(response);
      response.end(parts.slice(0, 2).join(""));
    });
    const body = { ...small, stream: true };
    await ask({ body });
    const bytes = Buffer.byteLength(JSON.stringify(body));
    expect(asked).toMatchObject([{ usage: { input: Math.ceil(bytes / 4), output: 1, reported: false } }]);
  });

  test("to a question with a picture, if nobody says what it took, took no more than the model has room for", async () => {
    inside.answers((response) => asJson(response, 200, {}));
    await ask({ body: { ...small, input: "x".repeat(100_000) } });
    expect(asked).toMatchObject([{ usage: { input: 8192, reported: false } }]);
  });

  test("that breaks off ends with words for who waits for more", async () => {
    inside.answers((response) => {
      asEvents(response);
      response.write(`${parts[0]}data: {"half`, () => response.destroy());
    });
    const reply = await ask({ body: { ...small, stream: true } });
    expect(reply.text).toContain('\n\nevent: error\ndata: {"type":"error"');
    expect(reply.text).toContain('The model server \\"local\\" broke off its answer.');
    expect(asked).toMatchObject([{ status: 502, usage: { reported: false } }]);
  });

  test("is not taken faster from its server than it is read", async () => {
    const piece = event({ type: "response.output_text.delta", delta: "x".repeat(64 * 1024) });
    let written = 0;
    let full = false;
    inside.answers((response) => {
      asEvents(response);
      const write = (): void => {
        while (written < 64 * 1024 * 1024) {
          written += piece.length;
          if (!response.write(piece)) {
            full = true;
            response.once("drain", write);
            return;
          }
        }
        response.end();
      };
      write();
    });
    const { sent, answer } = begin({ body: { ...small, stream: true } });
    const response = await answer;
    // Nobody reads: all that is between fills up, and then the server is not heard any more.
    let before = -1;
    await vi.waitFor(
      () => {
        const still = full && written === before;
        before = written;
        expect(still).toBe(true);
      },
      { interval: 200, timeout: 20_000 },
    );
    expect(written).toBeLessThan(64 * 1024 * 1024);
    let read = 0;
    response.on("data", (part: Buffer) => (read += part.length));
    await once(response, "end");
    expect(read).toBe(written);
    sent.destroy();
  });
});

describe("whoever goes away", () => {
  test("before there is an answer, ends the question at its server", async () => {
    const ended = new Promise<void>((resolve) => inside.answers((response) => void response.once("close", resolve)));
    const { sent, answer } = begin({ body: small });
    answer.catch(() => {});
    const before = inside.asked.length;
    await vi.waitFor(() => expect(inside.asked.length).toBeGreaterThan(before), { interval: 5 });
    sent.destroy();
    await ended;
    await vi.waitFor(() => expect(asked).toMatchObject([{ status: 499, usage: { reported: false } }]));
    expect(asked[0]?.usage.input).toBeGreaterThan(0);
  });

  test("in the middle of one, too, and has what was said counted", async () => {
    const ended = new Promise<void>((resolve) =>
      inside.answers((response) => {
        asEvents(response);
        response.write(event({ type: "response.output_text.delta", delta: "Hello" }));
        response.once("close", resolve);
      }),
    );
    const { sent, answer } = begin({ body: { ...small, stream: true } });
    const response = await answer;
    response.on("error", () => {});
    await once(response, "data");
    sent.destroy();
    await ended;
    await vi.waitFor(() => expect(asked).toMatchObject([{ status: 499, usage: { output: 1, reported: false } }]));
  });
});

describe("a server that", () => {
  test("is away is named, and nothing of where it was looked for", async () => {
    const reply = await ask({ body: { model: "lost" } });
    expect(reply).toMatchObject({
      status: 502,
      body: { error: { code: "upstream_unreachable", message: `The model server "gone" can't be reached.` } },
    });
    expect(reply.text).not.toContain("127.0.0.1");
    expect(asked).toMatchObject([{ server: "gone", status: 502, usage: { input: 0, output: 0 } }]);
  });

  test("refuses the question says why in its own words", async () => {
    const error = { message: "registry.ollama.ai/small does not support tools", type: "invalid_request_error" };
    inside.answers((response) => asJson(response, 400, { error }));
    expect(await ask({ body: small })).toMatchObject({ status: 400, body: { error } });
    expect(asked).toMatchObject([{ status: 400, usage: { input: 0, output: 0 } }]);
  });

  test("refuses the gateway's key is no reason for who asked to look for theirs", async () => {
    outside.answers((response) => asJson(response, 401, { error: { message: `Incorrect API key: ${KEY}` } }));
    const reply = await ask({ body: { model: "gpt" } });
    expect(reply).toMatchObject({ status: 502, body: { error: { code: "upstream_key" } } });
    expect(reply.text).not.toContain(KEY);
  });

  test("is asked too much passes on when to come again", async () => {
    outside.answers((response) => {
      response.writeHead(429, { "content-type": "application/json", "retry-after": "7", "set-cookie": "a=b" });
      response.end(JSON.stringify({ error: { message: "Slow down" } }));
    });
    const reply = await ask({ body: { model: "gpt" } });
    expect(reply).toMatchObject({ status: 429, headers: { "retry-after": "7" } });
    expect(reply.headers["set-cookie"]).toBeUndefined();
  });

  test.each<[string, number, Record<string, string>, string, number, string]>([
    ["answers with a page", 200, { "content-type": "text/html" }, "<html>", 502, "with text/html instead of JSON"],
    ["says not what it answers", 200, {}, "{}", 502, "with nothing that says what it is instead of JSON"],
    ["sends elsewhere", 302, { location: "http://elsewhere/" }, "", 502, "302"],
    ["fails with a page", 502, { "content-type": "text/html" }, "<html>", 502, "502"],
    ["fails with an error of its own form", 500, { "content-type": "application/json" }, '{"error":"no"}', 502, "500"],
    ["is not ready", 503, {}, "", 503, "503"],
    ["answers nothing", 204, {}, "", 502, "204"],
  ])("%s is named", async (_, status, headers, body, expected, words) => {
    inside.answers((response) => response.writeHead(status, headers).end(body));
    const reply = await ask({ body: small });
    expect(reply).toMatchObject({
      status: expected,
      body: { error: { message: `The model server "local" answered ${words}.` } },
    });
  });

  test("hangs up without a word is away", async () => {
    inside.answers((response) => response.destroy());
    expect(await ask({ body: small })).toMatchObject({
      status: 502,
      body: { error: { code: "upstream_unreachable" } },
    });
  });

  test("breaks off an answer in one piece has it broken off, lest it be taken for the whole", async () => {
    inside.answers((response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"id":', () => response.destroy());
    });
    await expect(ask({ body: small })).rejects.toThrow(/aborted|hang up|ECONNRESET/);
  });
});

describe("a limit", () => {
  test("of tokens a day lets the question that passes it be answered, and none after it, until midnight", async () => {
    inside.answers((response) => asJson(response, 200, { usage: { input_tokens: 90, output_tokens: 20 } }));
    const bob = { token: tokens.bob, body: small };
    expect((await ask(bob)).status).toBe(200);
    const reply = await ask(bob);
    expect(reply).toMatchObject({ status: 429, headers: { "retry-after": "3600" } });
    expect(reply.body.error).toEqual({
      message:
        "bob has used 110 tokens today, and may use 100 a day (tokensPerDay). It may ask again from 2030-01-02T00:00:00.000Z on.",
      type: "usage_limit_reached",
      param: null,
      code: "rate_limit_exceeded",
      resets_at: MIDNIGHT / 1000,
      resets_in_seconds: 3600,
    });
    expect((await ask({ ...bob, token: tokens.ada })).status).toBe(200);
    expect((await ask({ path: "/v1/models", method: "GET", token: tokens.bob })).status).toBe(200);
    clock = MIDNIGHT;
    expect((await ask(bob)).status).toBe(200);
  });

  test("of questions at once is open again as soon as one is answered, or left", async () => {
    inside.answers(() => {});
    const first = begin({ token: tokens.bob, body: small });
    first.answer.catch(() => {});
    const before = inside.asked.length;
    await vi.waitFor(() => expect(inside.asked.length).toBeGreaterThan(before), { interval: 5 });
    const reply = await ask({ token: tokens.bob, body: small });
    expect(reply).toMatchObject({ status: 429, body: { error: { type: "requests" } } });
    expect(reply.body.error?.message).toContain("bob has 1 questions under way, and may have no more at once");
    first.sent.destroy();
    inside.answers((response) => asJson(response, 200, {}));
    await vi.waitFor(async () => expect((await ask({ token: tokens.bob, body: small })).status).toBe(200));
    for (let times = 0; times < 5; times++) expect((await ask({ token: tokens.bob, body: small })).status).toBe(200);
  });

  test("is not used up by questions that are refused", async () => {
    for (let times = 0; times < 5; times++) expect((await ask({ token: tokens.bob, body: "{" })).status).toBe(400);
  });
});

test("what was asked is counted by workspace and model", async () => {
  inside.answers((response) => asJson(response, 200, { usage: { input_tokens: 3, output_tokens: 4 } }));
  await ask({ body: small });
  await ask({ body: small });
  const server = metricsServer(counted).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const said = await (await fetch(`${address}/metrics`)).text();
  expect((await fetch(address)).status).toBe(404);
  server.close();
  const labels = 'workspace="ada",model="small:135m"';
  expect(said).toContain(`guildnet_model_tokens_total{${labels},direction="input",counted="reported"} 6`);
  expect(said).toContain(`guildnet_model_tokens_total{${labels},direction="output",counted="reported"} 8`);
  expect(said).toContain(`guildnet_model_questions_total{${labels},status="200"} 2`);
  expect(said).toContain("guildnet_model_questions_under_way 0");
});

test("no token, no key and nothing that was said is in a log", async () => {
  inside.answers((response) => asJson(response, 200, { output: "a-secret-answer" }));
  await ask({ body: { ...small, input: "a-secret-question" } });
  await ask({ body: { model: "a-secret-question" } });
  const all = logged.join("");
  expect(all).toContain('"workspace":"ada"');
  for (const secret of [...Object.values(tokens), KEY, "a-secret", "secret-project"]) expect(all).not.toContain(secret);
});

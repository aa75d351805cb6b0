import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBackend, type Backend, type Seen } from "../testing/backend.ts";
import { appHost, startHarness, type Ask, type Answer, type Harness } from "../testing/harness.ts";

let guild: Harness;
let echo: Backend;
const web = "https://web--alice.apps.guild.test:8090";

beforeAll(async () => {
  guild = await startHarness();
  echo = await startBackend((request, response) =>
    response
      .writeHead(200, { "access-control-allow-origin": "*", "content-type": "application/json" })
      .end(JSON.stringify({ method: request.method, url: request.url })),
  );
  for (const id of ["alice", "bob"]) {
    guild.workspaces.put({ id, owner: id, state: "running" });
    for (const port of ["ide", "web", "api"]) guild.workspaces.connect(id, port, echo.upstream);
  }
});
afterAll(async () => {
  await guild.close();
  await echo.close();
});

const ask = async (label: string, headers: Record<string, string>, method = "GET", person = "alice"): Promise<Answer> =>
  guild.ask("/x", {
    host: appHost(label),
    method,
    headers: { cookie: await guild.entered(person, label), ...headers },
  } satisfies Ask);
const sameSite = { "sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };

test("a page may ask at another port of its own workspace, and read what that says", async () => {
  const answer = await ask("api--alice", { ...sameSite, origin: web }, "POST");
  expect(answer).toMatchObject({
    status: 200,
    headers: { "access-control-allow-origin": web, "access-control-allow-credentials": "true" },
  });
  expect(answer.json() as unknown as Seen).toMatchObject({ method: "POST", url: "/x" });
});

test("what it asks without having been let in there is told in words that it can read", async () => {
  const answer = await guild.ask("/x", { host: appHost("api--alice"), headers: { ...sameSite, origin: web } });
  expect(answer).toMatchObject({ status: 401, headers: { "access-control-allow-origin": web } });
  expect(answer.json()).toMatchObject({
    code: "signed_out",
    message: expect.stringContaining('credentials: "include"'),
  });
});

test("a browser's question before that is answered here, the same for everybody, and reaches nobody", async () => {
  const question = {
    origin: web,
    "access-control-request-method": "PUT",
    "access-control-request-headers": "content-type,x-own",
    ...sameSite,
  };
  const before = echo.seen.length;
  for (const label of ["api--alice", "nothing--alice"]) {
    expect(await guild.ask("/x", { host: appHost(label), method: "OPTIONS", headers: question })).toMatchObject({
      status: 204,
      body: "",
      headers: {
        "access-control-allow-origin": web,
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "PUT",
        "access-control-allow-headers": "content-type,x-own",
      },
    });
  }
  expect(echo.seen).toHaveLength(before);
});

test("images and scripts of the other port are told by the page they are for", async () => {
  const image = { "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" };
  expect((await ask("api--alice", { ...image, referer: `${web}/` })).status).toBe(200);
  expect((await ask("api--alice", image)).status).toBe(403);
});

test("a WebSocket of the other port's page is let through", async () => {
  const socket = guild.webSocket(
    "/",
    "api--alice",
    { cookie: await guild.entered("alice", "api--alice") },
    { origin: web },
  );
  await once(socket, "open");
  socket.terminate();
});

test.each([
  ["the IDE", "alice", web],
  ["the IDE by its port's name", "ide--alice", web],
  ["another's port", "web--bob", web],
  ["a port, from another's IDE", "api--alice", "https://bob.apps.guild.test:8090"],
  ["a port, from a site beside", "api--alice", "https://web--alice.apps.guild.test"],
  ["a port, over plain HTTP", "api--alice", "http://web--alice.apps.guild.test:8090"],
  ["a port, from the portal", "api--alice", "https://guild.test:8090"],
  ["a port, from who ends alike", "api--alice", "https://evil-alice.apps.guild.test:8090"],
  ["a port, from anywhere", "api--alice", "https://evil.test"],
  ["a port, from a page without an origin", "api--alice", "null"],
])("%s stays closed", async (_name, label, origin) => {
  const person = label.endsWith("bob") ? "bob" : "alice";
  for (const method of ["GET", "POST"]) {
    const answer = await ask(label, { ...sameSite, origin }, method, person);
    expect(answer.json()).toMatchObject({ code: "cross_origin" });
    expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
  }
  const [error] = (await once(
    guild.webSocket("/", label, { cookie: await guild.entered(person, label) }, { origin }),
    "error",
  )) as [Error];
  expect(error.message).toContain("403");
});

test("a page's own form goes through under no-referrer, where the browser hides its origin", async () => {
  const form = { origin: "null", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
  expect((await ask("web--alice", { ...form, "sec-fetch-site": "same-origin" }, "POST")).status).toBe(200);
  for (const site of ["same-site", "cross-site"])
    expect((await ask("web--alice", { ...form, "sec-fetch-site": site }, "POST")).status).toBe(403);
});

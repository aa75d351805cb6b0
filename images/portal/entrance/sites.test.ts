import { afterAll, beforeAll, expect, test } from "vitest";
import { startBackend, type Backend } from "../testing/backend.ts";
import { appHost, cookiesOf, ORIGIN, PORTAL_HOST, startHarness, type Harness } from "../testing/harness.ts";

/** The portal's names on a mesh, at HTTPS' own port. */
const MESH_HOST = "portal.mesh.test";
const meshApp = (label: string): string => `${label}.apps.mesh.test`;

let guild: Harness;
let echo: Backend;

beforeAll(async () => {
  guild = await startHarness({
    GUILDNET_MESH_ORIGIN: `https://${MESH_HOST}`,
    GUILDNET_MESH_APPS_DOMAIN: "apps.mesh.test",
  });
  echo = await startBackend();
  guild.workspaces.put({ id: "alice", owner: "alice", state: "running" });
  guild.workspaces.connect("alice", "ide", echo.upstream);
});
afterAll(async () => {
  await guild.close();
  await echo.close();
});

const page = { accept: "text/html" };

async function signIn(host: string, origin: string) {
  const headers = { "content-type": "application/json", "x-guildnet-request": "1", origin };
  return guild.ask("/api/sign-in", {
    method: "POST",
    host,
    headers,
    body: JSON.stringify({ token: await guild.link("alice") }),
  });
}

test("a person gets from the mesh's portal into a workspace without leaving the mesh's names", async () => {
  const portal = cookiesOf(await signIn(MESH_HOST, `https://${MESH_HOST}`));
  const list = await guild.ask("/api/workspaces", { host: MESH_HOST, headers: { cookie: portal } });
  expect(list.json()).toMatchObject({ workspaces: [{ url: `https://${meshApp("alice")}` }] });

  const first = await guild.ask("/", { host: meshApp("alice"), headers: page });
  expect(first.headers.location).toMatch(/^https:\/\/portal\.mesh\.test\/open\/alice\?/);
  const redirect = new URL(first.headers.location ?? "");
  const ticket = await guild.ask(redirect.pathname + redirect.search, {
    host: MESH_HOST,
    headers: { ...page, cookie: portal },
  });
  expect(ticket.headers.location).toMatch(/^https:\/\/alice\.apps\.mesh\.test\/\.guildnet\/session\?/);
  const landing = new URL(ticket.headers.location ?? "");
  const landed = await guild.ask(landing.pathname + landing.search, {
    host: meshApp("alice"),
    headers: { ...page, cookie: cookiesOf(first) },
  });
  expect(landed.headers.location).toBe(`https://${meshApp("alice")}/`);
  const inside = await guild.ask("/", { host: meshApp("alice"), headers: { ...page, cookie: cookiesOf(landed) } });
  expect(inside.status).toBe(200);
});

test("each site has its own names in what it says", async () => {
  const list = await guild.ask("/api/workspaces", { headers: { cookie: await guild.signedIn("alice") } });
  expect(list.json()).toMatchObject({ workspaces: [{ url: `https://${appHost("alice")}` }] });
  const first = await guild.ask("/", { host: appHost("alice"), headers: page });
  expect(first.headers.location).toMatch(new RegExp(`^${ORIGIN}/open/alice`));
});

test.each([
  [MESH_HOST, ORIGIN],
  [PORTAL_HOST, `https://${MESH_HOST}`],
  [MESH_HOST, `https://${meshApp("alice")}`],
])("a page of another site is another origin: at %s from %s", async (host, origin) => {
  expect((await signIn(host, origin)).json()).toMatchObject({ code: "cross_origin" });
});

test("a link used on one site is used up on the other", async () => {
  const token = await guild.link("alice");
  const use = (host: string, origin: string) =>
    guild.ask("/api/sign-in", {
      method: "POST",
      host,
      headers: { "content-type": "application/json", "x-guildnet-request": "1", origin },
      body: JSON.stringify({ token }),
    });
  expect((await use(MESH_HOST, `https://${MESH_HOST}`)).status).toBe(200);
  expect((await use(PORTAL_HOST, ORIGIN)).json()).toMatchObject({ code: "link_used" });
});

test("a WebSocket of the other site's page is refused", async () => {
  const cookie = await guild.entered("alice", "alice");
  const socket = guild.webSocket("/", "alice", { cookie }, { origin: `https://${meshApp("alice")}` });
  const status = await new Promise((resolve) =>
    socket.once("unexpected-response", (_request, response) => resolve(response.statusCode)),
  );
  expect(status).toBe(403);
});

test.each(["portal.mesh.test:8090", "alice.apps.mesh.test:8090", "apps.mesh.test", "portal.guild.test", "mesh.test"])(
  "%s is nobody's: a site's names go with its port",
  async (host) => {
    expect((await guild.ask("/", { host })).json()).toMatchObject({ code: "unknown_host" });
  },
);

test("the mesh's hosts ask for HTTPS for good, as they share no name with other programs", async () => {
  expect((await guild.ask("/", { host: MESH_HOST })).headers).toHaveProperty("strict-transport-security");
});

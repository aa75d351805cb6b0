import { once } from "node:events";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { X509Certificate } from "node:crypto";
import { decodeProtectedHeader, importX509, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiServer } from "../../pod/api-server.ts";
import { createLog } from "../../pod/logging.ts";
import { startApiServer, type TestApiServer } from "../../pod/testing/api-server.ts";
import { testCertificate } from "../../pod/testing/certificates.ts";
import { readCertificate } from "../../pod/tls.ts";
import { readTokenServerConfig } from "./config.ts";
import { basicCredentials, clusterCredentials } from "./credentials.ts";
import { secondsLeft, underWay } from "./maintenance.ts";
import { grant, parseScopes } from "./scopes.ts";
import { tokenIssuer, TOKEN_SECONDS } from "./token-issuer.ts";
import { tokenServer } from "./token-server.ts";

const service = "registry.guildnet-registry.svc";
const password = "a long random password";
let api: TestApiServer;
let port = 0;
let ca = "";
let signer = "";
const noon = new Date("2030-01-01T12:00:00Z");
let now = noon;
const logged: string[] = [];
let close: () => Promise<unknown> = async () => {};

beforeAll(async () => {
  api = await startApiServer();
  api.put("/api/v1/namespaces/ws-ada/secrets", {
    metadata: { name: "registry-access" },
    data: { password: Buffer.from(password).toString("base64") },
  } as object);
  const own = await testCertificate(["localhost"]);
  const signing = await testCertificate(["registry tokens"]);
  ca = own.certificate;
  signer = signing.certificate;
  const server = tokenServer({
    service,
    certificate: await readCertificate(own.directory),
    issuer: await tokenIssuer(await readCertificate(signing.directory), service),
    credentials: clusterCredentials(apiServer({ url: api.url })),
    maintenance: { start: 180, minutes: 30 },
    now: () => now,
    log: createLog("info", { write: (line) => void logged.push(line) }),
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
  close = () => {
    server.close();
    return Promise.all([own.remove(), signing.remove()]);
  };
});
afterAll(async () => {
  await close();
  await api.close();
});

interface Reply {
  status: number;
  body: { token?: string; expires_in?: number; errors?: { code: string; message: string }[] };
  headers: NodeJS.Dict<string | string[]>;
}

function ask(
  query: Record<string, string | string[]>,
  { user, method = "GET", path = "/token" }: { user?: [string, string]; method?: string; path?: string } = {},
): Promise<Reply> {
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([key, values]) => [values].flat().map((value): [string, string] => [key, value])),
  );
  const headers =
    user === undefined ? {} : { authorization: `Basic ${Buffer.from(user.join(":")).toString("base64")}` };
  return new Promise((resolve, reject) => {
    request(
      {
        host: "127.0.0.1",
        servername: "localhost",
        port,
        ca,
        method,
        path: `${path}?${search}`,
        headers,
        agent: false,
      },
      (response) => {
        let text = "";
        response
          .setEncoding("utf8")
          .on("data", (part: string) => (text += part))
          .on("end", () =>
            resolve({ status: response.statusCode ?? 0, body: JSON.parse(text), headers: response.headers }),
          );
      },
    )
      .on("error", reject)
      .end();
  });
}

async function claims(reply: Reply) {
  const { payload } = await jwtVerify(reply.body.token ?? "", await importX509(signer, "ES256"), {
    issuer: "guildnet",
    audience: service,
    currentDate: now,
  });
  return payload as typeof payload & { access: { type: string; name: string; actions: string[] }[] };
}

const ada: [string, string] = ["ada", password];

describe("a token", () => {
  test("is signed with the certificate that it carries, for five minutes", async () => {
    const reply = await ask({ service, scope: "repository:ada/app:pull,push" }, { user: ada });
    expect(reply).toMatchObject({ status: 200, body: { expires_in: TOKEN_SECONDS } });
    const { iat = 0, exp = 0, nbf, sub, jti } = await claims(reply);
    expect({ life: exp - iat, sub, nbf }).toEqual({ life: 300, sub: "ada", nbf: iat });
    expect(jti).toMatch(/^[0-9a-f-]{36}$/);
    expect(decodeProtectedHeader(reply.body.token ?? "").x5c).toEqual([
      new X509Certificate(signer).raw.toString("base64"),
    ]);
  });

  test("lets a workspace push below its own name, and pull everywhere", async () => {
    const reply = await ask(
      { service, scope: ["repository:ada/app:pull,push", "repository:bob/app:pull,push"] },
      { user: ada },
    );
    expect((await claims(reply)).access).toEqual([
      { type: "repository", name: "ada/app", actions: ["pull", "push"] },
      { type: "repository", name: "bob/app", actions: ["pull"] },
    ]);
  });

  test("lets whoever has no credentials pull, and nothing else", async () => {
    const { access, sub } = await claims(await ask({ service, scope: "repository:ada/app:pull,push,delete" }));
    expect(access).toEqual([{ type: "repository", name: "ada/app", actions: ["pull"] }]);
    expect(sub).toBe("");
  });
});

describe("refused is", () => {
  test.each<[string, [string, string]]>([
    ["a wrong password", ["ada", "a guess"]],
    ["an empty one", ["ada", ""]],
    ["a workspace that is not there", ["bob", password]],
    ["a name that is a path", ["../kube-system", password]],
  ])("%s", async (_, user) => {
    const reply = await ask({ service, scope: "repository:ada/app:pull" }, { user });
    expect(reply).toMatchObject({ status: 401, body: { errors: [{ code: "UNAUTHORIZED" }] } });
    expect(reply.headers["www-authenticate"]).toContain("Basic");
  });

  test("another service, a scope that is none, another path, and POST, after which clients try GET", async () => {
    expect((await ask({ service: "other" })).status).toBe(400);
    expect((await ask({ service, scope: "repository" })).status).toBe(400);
    expect((await ask({ service }, { path: "/v2/" })).status).toBe(404);
    expect((await ask({ service }, { method: "POST" })).status).toBe(405);
  });

  test("everything while credentials can't be read, with the reason in the log and not in the answer", async () => {
    api.refuse("/api/v1/namespaces/ws-ada/secrets", 500);
    const reply = await ask({ service, scope: "repository:ada/app:push" }, { user: ada });
    api.refuse("/api/v1/namespaces/ws-ada/secrets", undefined);
    expect(reply.status).toBe(503);
    expect(JSON.stringify(reply.body)).not.toContain("500");
    expect(logged.join("")).toContain("the API server answered 500");
  });

  test("a workspace that the registry may not read, as one that is not there", async () => {
    api.refuse("/api/v1/namespaces/ws-eve/secrets", 403);
    expect((await ask({ service }, { user: ["eve", "x"] })).status).toBe(401);
  });

  test("a push during maintenance, but no pull", async () => {
    now = new Date("2030-01-01T03:10:00Z");
    const push = await ask({ service, scope: "repository:ada/app:pull,push" }, { user: ada });
    expect(push).toMatchObject({ status: 503, body: { errors: [{ code: "UNAVAILABLE" }] } });
    expect(push.headers["retry-after"]).toBe("1200");
    expect((await ask({ service, scope: "repository:ada/app:pull" }, { user: ada })).status).toBe(200);
    now = noon;
  });
});

test("no password and no token is logged", () => {
  expect(logged.join("")).toContain("may push");
  expect(logged.join("")).not.toContain(password);
  expect(logged.join("")).not.toMatch(/eyJ[A-Za-z0-9_-]{10,}/);
});

describe("what is granted", () => {
  const push = (name: string, type = "repository") => grant([{ type, name, actions: ["push"] }], "ada");

  test.each(["ada/app", "ada/team/app", "ada/a_b.c-d"])("to the workspace ada: pushing to %s", (name) =>
    expect(push(name)).toHaveLength(1),
  );

  test.each([
    "ada",
    "ada-2/app",
    "adas/app",
    "bob/ada/app",
    "ada/../bob/app",
    "ada//app",
    "/ada/app",
    "ada/App",
    "ada/app:5000",
    "",
  ])("to the workspace ada: no pushing to %s", (name) => {
    expect(push(name)).toEqual([]);
  });

  test("of other things than repositories: none, and of other actions: none", () => {
    expect(push("ada/app", "registry")).toEqual([]);
    expect(grant([{ type: "registry", name: "catalog", actions: ["*"] }], "ada")).toEqual([]);
    expect(grant([{ type: "repository", name: "ada/app", actions: ["*"] }], "ada")).toEqual([]);
  });

  test("scopes are read in every form that clients write", () => {
    expect(parseScopes(["repository:a/b:pull repository:host:5000/c:push,pull"])).toEqual([
      { type: "repository", name: "a/b", actions: ["pull"] },
      { type: "repository", name: "host:5000/c", actions: ["push", "pull"] },
    ]);
    expect(parseScopes([])).toEqual([]);
    for (const wrong of ["repository", "repository:", ":a:pull", "repository:pull"])
      expect(parseScopes([wrong]), wrong).toBeUndefined();
  });
});

test.each([
  ["Basic YWRhOng6eQ==", { name: "ada", password: "x:y" }],
  ["basic YWRhOg==", { name: "ada", password: "" }],
  ["Basic YWRh", undefined],
  ["Bearer YWRhOng=", undefined],
  [undefined, undefined],
])("credentials of %s", (header, expected) => expect(basicCredentials(header)).toEqual(expected));

test.each([
  ["02:59:59", false],
  ["03:00:00", true],
  ["03:29:59", true],
  ["03:30:00", false],
])("maintenance from 3:00 for half an hour at %s: %s", (time, expected) => {
  expect(underWay({ start: 180, minutes: 30 }, new Date(`2030-01-01T${time}Z`))).toBe(expected);
});

test("maintenance goes on past midnight", () => {
  const window = { start: 23 * 60 + 50, minutes: 20 };
  expect(underWay(window, new Date("2030-01-01T00:05:00Z"))).toBe(true);
  expect(secondsLeft(window, new Date("2030-01-01T00:05:00Z"))).toBe(300);
});

describe("the environment", () => {
  test("says when there is maintenance", () => {
    expect(
      readTokenServerConfig({ GUILDNET_REGISTRY_SERVICE: service, GUILDNET_REGISTRY_MAINTENANCE: "03:15+30" })
        .maintenance,
    ).toEqual({ start: 195, minutes: 30 });
    expect(readTokenServerConfig({ GUILDNET_REGISTRY_SERVICE: service })).toMatchObject({
      port: 5001,
      maintenance: undefined,
    });
  });

  test("is refused with every mistake", () => {
    expect(() => readTokenServerConfig({ GUILDNET_REGISTRY_MAINTENANCE: "25:00+1" })).toThrow(
      /GUILDNET_REGISTRY_SERVICE.*\n.*GUILDNET_REGISTRY_MAINTENANCE/,
    );
  });
});

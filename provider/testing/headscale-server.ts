import { createServer } from "node:https";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { createAuthority, issueCertificate } from "../pki/x509.ts";
import type { Server } from "../headscale/connection.ts";

interface Key {
  id: string;
  key: string;
  userId: string;
  aclTags: string[];
  reusable: boolean;
  ephemeral: boolean;
  used: boolean;
  expiration: string;
  createdAt: string;
}

/** What a stand-in server knows, to be looked at and changed by a test. */
export interface Books {
  /** The one key that opens the API. */
  apiKey: string;
  readonly apiKeys: { id: string; prefix: string; expiration: string }[];
  readonly users: {
    id: string;
    name: string;
    displayName?: string;
    email?: string;
    provider: string;
    newField: string;
  }[];
  readonly nodes: { id: string; name: string; user: { id: string } }[];
  readonly keys: Key[];
  policy: string | undefined;
  policyMode: "database" | "file";
  /** `METHOD path` of every call, in order. */
  readonly calls: string[];
}

/** What Headscale 0.27.1 answers to a mistake of any kind. */
class Mistake extends Error {}

const authority = await createAuthority("Test CA", 1);
const certificate = await issueCertificate(authority, {
  commonName: "headscale",
  dnsNames: ["headscale.guild.localhost"],
  validityDays: 1,
});
export const caCertificatePem = authority.certificatePem;

/** A server that speaks as much of Headscale's API as the provider does, over HTTPS under a name below `.localhost`, for the running test. */
export async function headscaleServer(): Promise<{ server: Server; books: Books }> {
  const books: Books = {
    apiKey: "abcdefg.secret-api-key",
    apiKeys: [],
    users: [],
    nodes: [],
    keys: [],
    policy: undefined,
    policyMode: "database",
    calls: [],
  };
  const listening = createServer(
    { cert: certificate.certificatePem, key: certificate.privateKeyPem },
    (request, response) => {
      void answer(books, request).then(([status, body]) =>
        response.writeHead(status, { "Content-Type": "application/json" }).end(body),
      );
    },
  );
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    listening.close();
    listening.closeAllConnections();
  });
  const { port } = listening.address() as AddressInfo;
  return {
    server: { url: `https://headscale.guild.localhost:${port}`, apiKey: books.apiKey, caCertificatePem },
    books,
  };
}

async function answer(books: Books, request: IncomingMessage): Promise<[number, string]> {
  const url = new URL(request.url ?? "", "https://headscale");
  const body = JSON.parse((await text(request)) || "{}") as Record<string, unknown>;
  books.calls.push(`${request.method} ${url.pathname}`);
  if (request.headers.authorization !== `Bearer ${books.apiKey}`) return [401, "Unauthorized"];
  try {
    return [200, JSON.stringify(reply(books, `${request.method} ${url.pathname}`, url.searchParams, body))];
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    return [500, JSON.stringify({ code: 2, message: error.message, details: [] })];
  }
}

function reply(books: Books, call: string, query: URLSearchParams, body: Record<string, unknown>): unknown {
  const { users, nodes, keys } = books;
  const [, userId = "", newName = ""] = /^\w+ \/api\/v1\/user\/(\d+)(?:\/rename\/(.+))?$/.exec(call) ?? [];
  if (call === "GET /api/v1/user") return { users: users.filter(({ name }) => name === query.get("name")) };
  if (call === "POST /api/v1/user")
    return {
      user: added(users, {
        provider: "",
        newField: "of a later version",
        ...body,
        id: String(users.length + 1),
      } as Books["users"][number]),
    };
  if (newName !== "") return { user: Object.assign(found(users, userId, "user not found"), { name: newName }) };
  if (userId !== "" && nodes.some(({ user }) => user.id === userId)) throw new Mistake("user not empty: node(s) found");
  if (userId !== "") return { deleted: users.splice(users.indexOf(found(users, userId, "user not found")), 1) };
  if (call === "GET /api/v1/apikey") return { apiKeys: books.apiKeys };
  if (call === "GET /api/v1/node") return { nodes };
  const [, nodeId] = /^DELETE \/api\/v1\/node\/(\d+)$/.exec(call) ?? [];
  if (nodeId !== undefined) return { deleted: nodes.splice(nodes.indexOf(found(nodes, nodeId, "node not found")), 1) };
  if (call === "GET /api/v1/preauthkey")
    return { preAuthKeys: keys.filter((key) => key.userId === found(users, query.get("user"), "user not found").id) };
  if (call === "POST /api/v1/preauthkey") {
    const key = {
      ...body,
      userId: found(users, body.user, "user not found").id,
      id: String(keys.length + 1),
      key: `key-${keys.length + 1}`,
      used: false,
      createdAt: new Date().toISOString(),
    };
    return { preAuthKey: added(keys, key as unknown as Key) };
  }
  if (call === "POST /api/v1/preauthkey/expire") {
    const key = keys.find((one) => one.key === body.key);
    if (key === undefined) throw new Mistake("AuthKey not found");
    key.expiration = new Date().toISOString();
    return {};
  }
  if (call === "GET /api/v1/policy" && books.policy === undefined)
    throw new Mistake("loading ACL from database: acl policy not found");
  if (call === "PUT /api/v1/policy" && books.policyMode === "file")
    throw new Mistake("update is disabled for modes other than 'database'");
  if (call === "PUT /api/v1/policy") books.policy = String(body.policy);
  if (call.endsWith(" /api/v1/policy")) return { policy: books.policy, updatedAt: new Date().toISOString() };
  throw new Mistake(`the stand-in does not know ${call}`);
}

function added<T>(list: T[], item: T): T {
  list.push(item);
  return item;
}

function found<T extends { id: string }>(list: readonly T[], id: unknown, otherwise: string): T {
  const item = list.find((one) => one.id === id);
  if (item === undefined) throw new Mistake(otherwise);
  return item;
}

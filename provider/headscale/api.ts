import { z } from "zod";
import type { ListedApiKey } from "./commands.ts";
import { callServer, Refusal, type Call, type Server } from "./connection.ts";

/** Numbers of 64 bits are text in the gateway's JSON. Fields that are not named here are let be: a newer server has more. */
const user = z.object({ id: z.string(), name: z.string(), provider: z.string().default("") });
const node = z.object({ id: z.string(), name: z.string(), user: z.object({ id: z.string() }) });
const apiKey = z.object({ prefix: z.string(), expiration: z.iso.datetime({ offset: true }) });
const preAuthKey = z.object({
  id: z.string(),
  key: z.string(),
  reusable: z.boolean().default(false),
  used: z.boolean().default(false),
  expiration: z.iso.datetime({ offset: true }).nullish(),
});

export type User = z.infer<typeof user>;
export type Node = z.infer<typeof node>;
export type PreAuthKey = z.infer<typeof preAuthKey>;

export interface NewPreAuthKey {
  readonly userId: string;
  readonly tags: readonly string[];
  readonly reusable: boolean;
  readonly ephemeral: boolean;
  readonly expiration: Date;
}

/** The words of Headscale 0.27.1 where its status codes, all of them 500, don't tell one case from another; a test holds them against the real server. */
const userNotFound = "user not found",
  policyNotFound = "acl policy not found",
  keyNotFound = "AuthKey not found",
  nodeNotFound = "node not found",
  policyInFile = "update is disabled for modes other than 'database'";

/**
 * What this provider needs of a Headscale server's REST API, version 0.27.1; see
 * `gen/openapiv2/headscale/v1/headscale.swagger.json` of its module.
 * Every method throws as `callServer`.
 */
export class HeadscaleApi {
  readonly #server: Server;
  readonly #patience: number;

  /** @param patience milliseconds to wait for a server that does not answer. */
  constructor(server: Server, patience: number) {
    this.#server = server;
    this.#patience = patience;
  }

  /** All API keys of the server, expired ones too. */
  async apiKeys(): Promise<ListedApiKey[]> {
    const { apiKeys } = z
      .object({ apiKeys: z.array(apiKey).default([]) })
      .parse(await this.#call({ method: "GET", path: "/api/v1/apikey" }));
    return apiKeys.map(({ prefix, expiration }) => ({ prefix, expiration: new Date(expiration) }));
  }

  /** The user of that name that the server keeps itself. Users of an identity provider may have the same name. */
  async userNamed(name: string): Promise<User | undefined> {
    const { users } = z
      .object({ users: z.array(user).default([]) })
      .parse(await this.#call({ method: "GET", path: `/api/v1/user?${new URLSearchParams({ name })}` }));
    return users.find((found) => found.name === name && found.provider !== "oidc");
  }

  async createUser(name: string, details: { displayName?: string; email?: string }): Promise<User> {
    return z
      .object({ user })
      .parse(await this.#call({ method: "POST", path: "/api/v1/user", body: { name, ...details } })).user;
  }

  async renameUser(id: string, name: string): Promise<void> {
    await this.#call({
      method: "POST",
      path: `/api/v1/user/${encodeURIComponent(id)}/rename/${encodeURIComponent(name)}`,
    });
  }

  /** Also forgets the user's pre-authentication keys. The server refuses while the user has nodes. */
  async deleteUser(id: string): Promise<void> {
    await this.#call({ method: "DELETE", path: `/api/v1/user/${encodeURIComponent(id)}` });
  }

  async nodesOf(userId: string): Promise<Node[]> {
    const { nodes } = z
      .object({ nodes: z.array(node).default([]) })
      .parse(await this.#call({ method: "GET", path: "/api/v1/node" }));
    return nodes.filter((found) => found.user.id === userId);
  }

  /** Takes a node off the mesh for good; nothing where there is none. */
  async deleteNode(id: string): Promise<void> {
    await this.#call({ method: "DELETE", path: `/api/v1/node/${encodeURIComponent(id)}` }, nodeNotFound);
  }

  /** All of a user's keys, expired ones too; none where there is no such user. */
  async preAuthKeys(userId: string): Promise<PreAuthKey[]> {
    const answer = await this.#call(
      { method: "GET", path: `/api/v1/preauthkey?${new URLSearchParams({ user: userId })}` },
      userNotFound,
    );
    return z.object({ preAuthKeys: z.array(preAuthKey).default([]) }).parse(answer ?? {}).preAuthKeys;
  }

  async createPreAuthKey({ userId, tags, expiration, ...kind }: NewPreAuthKey): Promise<PreAuthKey> {
    const body = { user: userId, aclTags: tags, expiration: expiration.toISOString(), ...kind };
    return z.object({ preAuthKey }).parse(await this.#call({ method: "POST", path: "/api/v1/preauthkey", body }))
      .preAuthKey;
  }

  /** Ends a key; nothing where there is none. Nodes that joined with it stay. */
  async expirePreAuthKey(userId: string, key: string): Promise<void> {
    await this.#call(
      { method: "POST", path: "/api/v1/preauthkey/expire", body: { user: userId, key }, secret: key },
      keyNotFound,
    );
  }

  /** The policy as it was set, HuJSON; undefined where none ever was. */
  async policy(): Promise<string | undefined> {
    const answer = await this.#call({ method: "GET", path: "/api/v1/policy" }, policyNotFound);
    return answer === undefined ? undefined : z.object({ policy: z.string() }).parse(answer).policy;
  }

  async setPolicy(policy: string): Promise<void> {
    try {
      await this.#call({ method: "PUT", path: "/api/v1/policy", body: { policy } });
    } catch (error) {
      if (!(error instanceof Refusal) || !error.answer.includes(policyInFile)) throw error;
      throw new Refusal(error.status, error.answer, `${error.message}. Its settings must say policy.mode: database`);
    }
  }

  /** @param nothing the server's words for "there is no such thing"; the answer is undefined then. */
  async #call(call: Call, nothing?: string): Promise<unknown> {
    try {
      return await callServer(this.#server, call, this.#patience);
    } catch (error) {
      if (nothing !== undefined && error instanceof Refusal && error.answer.includes(nothing)) return undefined;
      throw error;
    }
  }
}

import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import type { FastifyBaseLogger } from "fastify";
import { z } from "zod";
import { MIN_TLS_VERSION, type CertificatePair } from "../../pod/tls.ts";
import { basicCredentials } from "../registry-tokens/credentials.ts";
import type { Workspaces } from "./credentials.ts";
import type { SeedNode } from "./node.ts";
import { isProven } from "./proof.ts";
import { did, nodeId } from "./register.ts";
import type { Person, Register } from "./register.ts";

export interface PeopleServerParts {
  /** Where the seed's node is reached: `host:port`. */
  readonly address: string;
  readonly certificate: CertificatePair;
  readonly workspaces: Workspaces;
  readonly node: SeedNode;
  readonly register: Register;
  readonly log: FastifyBaseLogger;
}

interface Answer {
  readonly statusCode: number;
  readonly body: object;
}

/** What a workspace is told: where the seed is, and who everybody is. */
export interface Told {
  /** `<node id>@<host>:<port>`. */
  readonly seed: string;
  /** Whether its node is connected there, as the seed sees it: of a seed that is gone a node may know nothing for a minute. */
  readonly connected: boolean;
  readonly people: readonly Person[];
}

const identity = z.object({ did, signature: z.base64() });
const LARGEST = 1024;
/** Identities that a workspace is known by over time: each is kept. */
const MOST_IDENTITIES = 100;

/**
 * Where workspaces say by which identity they sign, each with a password of its own, and show that its key is theirs:
 * `PUT /identity`. So a name stands for who has that workspace, which a node's own alias doesn't: anybody may call themselves
 * anything there.
 */
export function peopleServer(parts: PeopleServerParts): Server {
  const server = createServer({ ...parts.certificate, minVersion: MIN_TLS_VERSION }, (request, response) => {
    void answer(request, parts)
      .catch((error: unknown): Answer => {
        parts.log.error({ err: error }, "an identity could not be taken");
        return { statusCode: 503, body: { error: "This can't be done just now." } };
      })
      .then((reply) => send(response, reply));
  });
  server.on("tlsClientError", (error) => parts.log.debug({ err: error }, "TLS handshake failed"));
  return server;
}

async function answer(request: IncomingMessage, parts: PeopleServerParts): Promise<Answer> {
  if (request.url !== "/identity") return refusal(404, "There is nothing here but /identity.");
  if (request.method !== "PUT") return refusal(405, "An identity is put here.");
  const given = basicCredentials(request.headers.authorization);
  const owner = given && (await parts.workspaces.owner(given.name, given.password));
  if (given === undefined || owner === undefined) return refusal(401, "No workspace has this name and password.");
  if (!(Number(request.headers["content-length"]) <= LARGEST)) return refusal(413, "An identity is shorter than that.");
  const body = identity.safeParse(await json(request).catch(() => undefined));
  if (!body.success) return refusal(400, 'An identity is written {"did":"did:key:z6Mk…","signature":"…"}.');
  const person = { workspace: given.name, owner, did: body.data.did };
  if (!isProven(body.data.signature, { ...person, password: given.password }))
    return refusal(403, "Its key has not signed that it is this workspace's.");
  const seed = await parts.node.id();
  if (nodeId(person) === seed) return refusal(409, "That is the seed's own identity.");
  if (parts.register.isTaken(person)) return refusal(409, TAKEN);
  if (parts.register.others(person) >= MOST_IDENTITIES) return refusal(409, "It has been known by too many.");
  // Each time: who is in the register is followed, whatever ended in between, and whatever backup the node's list is from.
  await parts.node.follow(nodeId(person), person.workspace);
  // Another may have come with it meanwhile.
  if (parts.register.isTaken(person)) return refusal(409, TAKEN);
  if (await parts.register.put(person)) parts.log.info({ ...person }, "is known");
  const told: Told = {
    seed: `${seed}@${parts.address}`,
    connected: await parts.node.isConnected(nodeId(person)),
    people: parts.register.current(),
  };
  return { statusCode: 200, body: told };
}

const TAKEN = "That is the identity of another workspace.";

function refusal(statusCode: number, error: string): Answer {
  return { statusCode, body: { error } };
}

function send(response: ServerResponse, { statusCode, body }: Answer): void {
  const text = JSON.stringify(body);
  response.writeHead(statusCode, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  });
  response.end(text);
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { randomBytes, randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { createGunzip } from "node:zlib";
import { JOURNAL_VERSION } from "./entries.ts";
import { StackBusy, type Update, type UpdateKind } from "./update.ts";

/** The file backend's name for whose stacks these are; it is in no URN. */
const OWNER = "organization";

/** @param body reads what was sent along */
type Handler = (body: () => Promise<unknown>) => object | undefined | Promise<object | undefined>;
interface Api {
  readonly tokens: readonly string[];
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly around: Surroundings;
}

/** The state of another stack of the same folder, by its project and name; undefined where there is none. Programs refer to them. */
export type OtherStacks = (project: string, stack: string) => object | undefined;

/** What a service knows beside its update. */
export interface Surroundings {
  readonly others?: OtherStacks;
  /** Says of an error more than it does itself, or gives it back as it is. */
  readonly explain?: (error: unknown) => unknown;
}

/**
 * As much of Pulumi's service API as an update of one stack uses, on loopback, for the engine that this process
 * starts. That way the engine tells each step by itself instead of writing the whole state at each: the cost of a
 * step doesn't grow with the stack. Paths and bodies: pulumi/pkg, backend/httpstate/client.
 */
export class StateService {
  readonly url: string;
  /** Only who has it is answered. */
  readonly token: string;
  readonly #server: Server;

  private constructor(server: Server, token: string) {
    this.#server = server;
    this.token = token;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(update: Update, around: Surroundings = {}): Promise<StateService> {
    const token = randomBytes(32).toString("base64url");
    const lease = randomUUID();
    const api = { tokens: [`token ${token}`, `update-token ${lease}`], handlers: handlers(update, lease), around };
    const server = createServer((request, response) => void answer(api, request, response));
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
    return new StateService(server, token);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** By method and path. @param lease by which the engine shows that the update is its own */
function handlers(update: Update, lease: string): ReadonlyMap<string, Handler> {
  const stack = `/api/stacks/${OWNER}/${update.project}/${update.stack}`;
  const begin =
    (kind: UpdateKind): Handler =>
    async (body) => {
      update.describe(kind, await body());
      return { updateID: update.id };
    };
  return new Map<string, Handler>([
    [
      "GET /api/user",
      () => ({ githubLogin: OWNER, name: OWNER, organizations: [{ githubLogin: OWNER, name: OWNER }] }),
    ],
    ["GET /api/user/organizations/default", () => ({ GitHubLogin: OWNER })],
    [
      "GET /api/capabilities",
      () => ({
        capabilities: [{ capability: "deployment-schema-version", version: 1, configuration: { version: 4 } }],
      }),
    ],
    [`HEAD /api/stacks/${OWNER}/${update.project}`, () => ({})],
    [`GET ${stack}`, () => described(update.project, update.stack)],
    [`GET ${stack}/export`, () => update.deployment()],
    [`POST ${stack}/update`, begin("update")],
    [`POST ${stack}/destroy`, begin("destroy")],
    [`POST ${stack}/refresh`, begin("refresh")],
    [
      `POST ${stack}/update/${update.id}`,
      async (body) => {
        update.start(await body());
        return { version: 1, token: lease, journalVersion: JOURNAL_VERSION };
      },
    ],
    [`POST ${stack}/update/${update.id}/renew_lease`, () => ({ token: lease })],
    [`PATCH ${stack}/update/${update.id}/journalentries`, async (body) => void update.tell(await body())],
    [`POST ${stack}/update/${update.id}/events/batch`, async (body) => void update.watch(await body())],
    [`POST ${stack}/update/${update.id}/complete`, async (body) => void update.complete(await body())],
    // The service keeps a list of who decrypted what; a file doesn't.
    [`POST ${stack}/decrypt/log-decryption`, () => undefined],
    [`POST ${stack}/decrypt/log-batch-decryption`, () => undefined],
  ]);
}

const OTHER = new RegExp(`^GET /api/stacks/${OWNER}/([\\w.-]+)/([\\w.-]+)(/export)?$`);

/** Reading a stack that is not the update's own: what it is called, or its state. */
function lookup(others: OtherStacks | undefined, asked: string): Handler | undefined {
  const [, project = "", stack = "", wholly] = OTHER.exec(asked) ?? [];
  const state = project === "" ? undefined : others?.(project, stack);
  if (state === undefined) return undefined;
  return () => (wholly === undefined ? described(project, stack) : state);
}

function described(projectName: string, stackName: string): object {
  return { id: `${projectName}/${stackName}`, orgName: OWNER, projectName, stackName, tags: {}, version: 1 };
}

async function answer(
  { tokens, handlers, around: { others, explain = (error) => error } }: Api,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = new URL(request.url ?? "/", "http://localhost").pathname;
  const send = (status: number, body: object = {}): void =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  const body = async (): Promise<unknown> =>
    JSON.parse(
      await text(request.headers["content-encoding"] === "gzip" ? request.pipe(createGunzip()) : request),
    ) as unknown;
  try {
    const handler = handlers.get(`${request.method} ${path}`) ?? lookup(others, `${request.method} ${path}`);
    if (!tokens.includes(request.headers.authorization ?? "")) send(401, { code: 401, message: "Unauthorized" });
    else if (handler === undefined) send(404, { code: 404, message: `Not Found: ${request.method} ${path}` });
    else send(200, await handler(body));
  } catch (error) {
    // Not 500, after which the engine would ask again and again.
    const status = error instanceof StackBusy ? 409 : 422;
    send(status, { code: status, message: (explain(error) as Error).message });
  }
}

import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { roomName } from "../editing/rooms.ts";
import type { SharedVault } from "../editing/shared-vault.ts";
import { memberAuthor } from "../git/author.ts";
import { notePath } from "../vault/note-path.ts";
import { notePage, tagPage } from "./addresses.ts";
import { NotesError } from "./errors.ts";
import { noteText } from "./note-text.ts";
import type { NoteAnswer, RenameAnswer, RoomAnswer } from "./types.ts";

const MOST_HITS = 100;

const created = z.strictObject({ path: z.string(), text: noteText.default("") });
const written = z.strictObject({ text: noteText, base: noteText.optional() });
const renamed = z.strictObject({ from: z.string(), to: z.string() });
const opened = z.strictObject({ path: z.string() });
const searched = z.object({
  q: z.string().max(1_000).default(""),
  most: z.coerce.number().int().min(1).max(MOST_HITS).default(30),
});

interface NoteParams {
  readonly vault: string;
  readonly "*": string;
}

/** Who asks, of which vault, which is theirs to see. */
export interface Asked {
  readonly handle: string;
  readonly vault: SharedVault;
  readonly name: string;
}

/** @param ask throws a NotesError where the vault is not theirs */
export function registerNotes(app: FastifyInstance, ask: (request: FastifyRequest) => Promise<Asked>): void {
  app.get("/api/vaults/:vault/notes", async (request) => (await ask(request)).vault.vault.list());

  app.get<{ Params: NoteParams }>("/api/vaults/:vault/notes/*", async (request) => {
    const { vault, name } = await ask(request as FastifyRequest);
    return await noteAnswer(vault, name, vault.vault.pathOf(request.params["*"]));
  });

  app.post("/api/vaults/:vault/notes", async (request, reply) => {
    const { vault, handle, name } = await ask(request);
    const body = parsed(created, request.body);
    await vault.create(body.path, body.text, memberAuthor(handle));
    return await reply.code(201).send(await noteAnswer(vault, name, notePath(body.path)));
  });

  app.put<{ Params: NoteParams }>("/api/vaults/:vault/notes/*", async (request) => {
    const { vault, handle, name } = await ask(request as FastifyRequest);
    const path = vault.vault.pathOf(request.params["*"]);
    const body = parsed(written, request.body);
    await vault.write(path, body.text, memberAuthor(handle), body.base);
    return await noteAnswer(vault, name, path);
  });

  app.delete<{ Params: NoteParams }>("/api/vaults/:vault/notes/*", async (request, reply) => {
    const { vault, handle } = await ask(request as FastifyRequest);
    await vault.remove(vault.vault.pathOf(request.params["*"]), memberAuthor(handle));
    return await reply.code(204).send();
  });

  app.post("/api/vaults/:vault/renames", async (request): Promise<RenameAnswer> => {
    const { vault, handle } = await ask(request);
    const { from, to } = parsed(renamed, request.body);
    const changed = await vault.rename(vault.vault.pathOf(from), to, memberAuthor(handle));
    return { path: notePath(to), changed };
  });

  app.post("/api/vaults/:vault/rooms", async (request): Promise<RoomAnswer> => {
    const { vault, name } = await ask(request);
    const { path } = parsed(opened, request.body);
    return { room: roomName(name, await vault.edit(vault.vault.pathOf(path))) };
  });

  app.get("/api/vaults/:vault/search", async (request) => {
    const { vault } = await ask(request);
    const { q, most } = parsed(searched, request.query);
    return vault.vault.search(q, most);
  });

  app.get("/api/vaults/:vault/tags", async (request) => (await ask(request)).vault.vault.tags());
  app.get("/api/vaults/:vault/graph", async (request) => (await ask(request)).vault.vault.graph());
}

async function noteAnswer(shared: SharedVault, name: string, path: string): Promise<NoteAnswer> {
  const { vault } = shared;
  const content = await shared.read(path);
  const summary = vault.find(path);
  if (summary === undefined) throw new NotesError(404, "missing", `There is no note "${path}".`);
  const { aliases, headings, links } = vault.note(path, content);
  return {
    ...summary,
    text: content,
    html: vault.html(path, content, { note: (to) => notePage(name, to), tag: (tag) => tagPage(name, tag) }),
    aliases,
    headings,
    links: links.map(({ target }) => ({ target, path: vault.resolve({ target }, path) ?? null })),
    backlinks: await vault.backlinks(path),
  };
}

function parsed<T>(schema: z.ZodType<T>, given: unknown): T {
  const { data, error } = schema.safeParse(given ?? {});
  if (error === undefined) return data;
  const words = error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`).join("; ");
  throw new NotesError(400, "bad_request", words);
}

import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { ensureBareRepository, gitHttp } from "../pod/git-http.ts";
import { bearerToken, type Bearer, type Tokens } from "./http/tokens.ts";
import { GUILD, ownVault, type Vaults } from "./http/vaults.ts";

const made = new Set<string>();

/** The repository that a vault and its copies in workspaces meet in; it is made where there is none. */
export function repositoryOf(dataDirectory: string, vault: string): string {
  const folder = join(dataDirectory, "git", `${vault}.git`);
  if (!made.has(folder)) ensureBareRepository(folder);
  made.add(folder);
  return folder;
}

export interface ByGit {
  readonly dataDirectory: string;
  /** Whether a vault has its repository somewhere else, which is asked by itself then. @default none has */
  readonly isElsewhere?: (vault: string) => boolean;
  readonly vaults: Vaults;
  readonly tokens: Tokens;
  readonly onError: (error: unknown) => void;
}

/** Vaults for workspaces' git, at `/git/guild.git` and `/git/~<owner>.git`: what is pushed is in open notes a moment later. */
export function registerGit(
  app: FastifyInstance,
  { dataDirectory, isElsewhere = () => false, vaults, tokens, onError }: ByGit,
): void {
  const takeIn = async (owner: string, name: string): Promise<void> => {
    await (await vaults.for(owner, name))?.sync();
  };
  const serve = gitHttp({
    admit: async (request, name) => {
      const bearer = await bearerOf(request, tokens);
      if (bearer === undefined) return "unknown";
      if ((name !== GUILD && name !== ownVault(bearer.owner)) || isElsewhere(name)) return undefined;
      return { name, folder: repositoryOf(dataDirectory, name), person: bearer.owner };
    },
    onPush: ({ name, person }) => void takeIn(person, name).catch(onError),
    onError,
  });
  void app.register(async (git) => {
    // What comes is git's own, and goes to it as it is.
    git.removeAllContentTypeParsers();
    git.addContentTypeParser("*", (_request, _payload, done) => done(null));
    git.all("/git/*", async (request, reply) => {
      reply.hijack();
      await serve(request.raw, reply.raw);
    });
  });
}

/** git says who it is by name and password, programs by the token alone. */
async function bearerOf({ headers: { authorization } }: IncomingMessage, tokens: Tokens): Promise<Bearer | undefined> {
  const token = bearerToken(authorization) ?? passwordOf(authorization);
  return token === undefined ? undefined : await tokens.bearerOf(token);
}

function passwordOf(header: string | undefined): string | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  return text.slice(text.indexOf(":") + 1) || undefined;
}

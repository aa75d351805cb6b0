import { z } from "zod";
import type { Services } from "../api/services.ts";
import { visibleWorkspaces } from "../api/visible-workspaces.ts";
import { ToolError, type Asking } from "./asking.ts";
import type { Docs } from "./docs.ts";
import type { Toolbox } from "./toolbox.ts";

type Seen = Pick<Services, "admins" | "directory" | "guildName" | "hosts" | "machine" | "members" | "systems">;

const MOST_OF_A_PAGE = 16_000;

/** What the guild is and how it does, as far as the workspace's owner sees it on the portal's pages. Nothing changes by it. */
export function addGuildTools(
  toolbox: Toolbox,
  { workspace: { id, owner } }: Asking,
  services: Seen,
  docs: () => Promise<Docs>,
): void {
  const site = services.hosts.main;

  toolbox.add("guild", {
    description: "Who the person is, the guild's people, and the addresses of its portal and of this workspace.",
    answer: () => ({
      guild: services.guildName,
      person: { handle: owner, admin: services.admins.has(owner) },
      workspace: { name: id, url: site.appOrigin(id) },
      portal: site.origin,
      admins: [...services.admins].sort(),
      people: people(owner, services),
    }),
  });

  toolbox.add("workspaces", {
    description: "Workspaces and apps that the person sees: owner, state, why, address.",
    answer: () => ({
      workspaces: visibleWorkspaces(owner, services, site).map(({ id: name, ...rest }) => ({
        name,
        kind: rest.visibility === undefined ? "workspace" : "app",
        ...rest,
      })),
    }),
  });

  toolbox.add("systems", {
    description: "The guild's systems, whether each is well, and its address. For admins.",
    answer: async () => {
      if (!services.admins.has(owner)) throw new ToolError(NOT_SEEN);
      return { systems: await systemsNow(services) };
    },
  });

  toolbox.add("docs_search", {
    description: "Finds pages of the guild's handbook, to be read with docs_read.",
    input: { words: z.string().min(1).max(200) },
    answer: async ({ words }) => {
      const { find, pages } = await docs();
      const found = find(words);
      return found.length > 0 ? { found } : { found, pages: pages.map(({ page }) => page) };
    },
  });

  toolbox.add("docs_read", {
    description: "Reads a page of the guild's handbook, such as systems/models.md.",
    input: { page: z.string().min(1).max(200), from: z.int().min(0).max(10_000_000).default(0) },
    answer: async ({ page, from }) => {
      const { get, pages } = await docs();
      const found = get(page);
      if (found === undefined)
        throw new ToolError(`There is no such page. There are: ${pages.map((each) => each.page).join(", ")}.`);
      const { title, text } = found,
        end = from + MOST_OF_A_PAGE;
      return { page, title, text: text.slice(from, end), ...(end < text.length && { goesOnAt: end }) };
    },
  });
}

const NOT_SEEN =
  "Only the guild's admins see its systems. What of them this workspace may use is in its variables GUILDNET_….";

/** Of whom the portal's pages tell a person: all, an admin; others their admins, and whose apps they may open. */
function people(owner: string, services: Seen): string[] {
  if (services.admins.has(owner)) return services.members.list();
  const owners = visibleWorkspaces(owner, services, services.hosts.main).map((each) => each.owner);
  return [...new Set([owner, ...services.admins, ...owners])].sort();
}

async function systemsNow({ systems }: Seen) {
  try {
    return await systems.look();
  } catch (cause) {
    throw new ToolError("The cluster does not say which systems there are.", { cause });
  }
}

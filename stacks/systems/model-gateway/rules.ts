import type { Broken, Given } from "../../check/broken.ts";
import { closest } from "../../check/mistakes.ts";
import type { Path } from "../../check/mistakes.ts";
import type { ModelsKeys } from "../models/schema.ts";
import { guildsOwnServers } from "../../system.ts";
import { workspaceName } from "../workspaces/schema.ts";
import type { WorkspacesKeys } from "../workspaces/schema.ts";
import type { CodexKeys } from "./codex-schema.ts";
import { tokenMistakes } from "./mcp-servers.ts";
import type { ModelGatewayKeys } from "./schema.ts";

type Reads = ModelGatewayKeys & CodexKeys & ModelsKeys & WorkspacesKeys;

/** What is wrong between models, who may ask them, and who is asked. */
export function modelGatewayMistakes(
  config: Reads,
  { modelKey = false, mcpTokens = false }: Given<"modelKey" | "mcpTokens">,
): Broken[] {
  return [
    ...serverMistakes(config),
    ...keyMistakes(config, modelKey),
    ...modelMistakes(config),
    ...workspaceMistakes(config),
    ...mcpMistakes(config),
    ...tokenMistakes(config.codex.mcpServers, mcpTokens),
  ];
}

function mcpMistakes({ codex: { mcpServers } }: Reads): Broken[] {
  return Object.entries(mcpServers).flatMap(([name, server]): Broken[] => {
    const paths: Path[] = [["codex", "mcpServers", name]];
    const isOwn = (guildsOwnServers as readonly string[]).includes(name);
    if (isOwn === (server === false)) return [];
    return isOwn
      ? [
          {
            paths,
            allowed: "another name: the guild's own server of tools has it",
            fix: "change it, or write false to leave that out",
          },
        ]
      : [
          {
            paths,
            allowed: `false for one of the guild's own (${guildsOwnServers.join(", ")}), and a command or a url for others`,
            fix: nearest(name, guildsOwnServers) ?? "remove it",
          },
        ];
  });
}

/** Every model that there is, with the key that names it. */
function modelsOf({ models, modelGateway: { servers } }: Reads): { name: string; path: Path }[] {
  return [
    ...(models?.list ?? []).map(({ name }, index) => ({ name, path: ["models", "list", index, "name"] })),
    ...servers.flatMap(({ models: all }, place) =>
      all.map(({ name }, index) => ({
        name,
        path: ["modelGateway", "servers", place, "models", index, "name"],
      })),
    ),
  ];
}

/** One is called "ollama": the guild's own, or the one it was told of. */
function serverMistakes({ modelGateway: { servers }, models }: Reads): Broken[] {
  const own = models === undefined ? [] : ["ollama"];
  return servers.flatMap(({ name }, index): Broken[] => {
    const path: Path = ["modelGateway", "servers", index, "name"];
    if (own.includes(name))
      return [{ paths: [path], allowed: "another name: the server of models.list has it", fix: "change it" }];
    const first = servers.findIndex((other) => other.name === name);
    if (first === index) return [];
    return [
      {
        paths: [path, ["modelGateway", "servers", first, "name"]],
        allowed: "each name once",
        fix: "change one of them",
      },
    ];
  });
}

function keyMistakes({ modelGateway: { servers } }: Reads, given: boolean): Broken[] {
  const wanting = servers.flatMap(({ key }, index) => (key ? [["modelGateway", "servers", index, "key"] as Path] : []));
  const [first, second] = wanting;
  if (first === undefined)
    return given
      ? [
          {
            paths: [["modelGateway", "servers"]],
            allowed: "a server with key: true, as there is a secret guildnet:modelKey",
            fix: "say which it is for, or run: pulumi config rm guildnet:modelKey",
          },
        ]
      : [];
  return [
    ...(given
      ? []
      : [
          {
            paths: [first],
            allowed: "the secret guildnet:modelKey, where it is true",
            fix: "add it: pulumi config set --secret guildnet:modelKey",
          },
        ]),
    ...(second === undefined
      ? []
      : [
          { paths: [second, first], allowed: "true for one server, as there is one secret", fix: "remove one of them" },
        ]),
  ];
}

function modelMistakes(config: Reads): Broken[] {
  const all = modelsOf(config),
    names = all.map(({ name }) => name);
  const known = `a model that there is${names.length === 0 ? ", and there is none" : `: ${names.join(", ")}`}`;
  const { codex, modelGateway } = config;
  const named: { name: string; path: Path }[] = [
    ...Object.keys(modelGateway.access).map((name) => ({ name, path: ["modelGateway", "access", name] })),
    ...(codex.model === undefined ? [] : [{ name: codex.model, path: ["codex", "model"] }]),
  ];
  return [
    ...named.flatMap(({ name, path }) =>
      names.includes(name)
        ? []
        : [
            {
              paths: [path],
              allowed: known,
              fix: nearest(name, names) ?? "name one of those, or add it to models.list",
            },
          ],
    ),
    ...all.flatMap(({ name, path }, index) => {
      const first = all[names.indexOf(name)];
      // Of two in models.list its own rule tells.
      return first === undefined || names.indexOf(name) === index || path[0] === "models"
        ? []
        : [{ paths: [path, first.path], allowed: "each name once", fix: "remove one of them" }];
    }),
    ...(names.length > 0 || Object.keys(codex.mcpServers).length === 0
      ? []
      : [
          {
            paths: [["codex", "mcpServers"] as Path],
            allowed: "nothing in a guild without models",
            fix: "add models: {}, which brings a small one, or remove the key",
          },
        ]),
  ];
}

function workspaceMistakes({ modelGateway: { access, limits }, workspaces }: Reads): Broken[] {
  const names = workspaces.map(workspaceName);
  const named: { name: string; path: Path }[] = [
    ...Object.keys(limits).map((name) => ({ name, path: ["modelGateway", "limits", name] })),
    ...Object.entries(access).flatMap(([model, all]) =>
      all.map((name, index) => ({ name, path: ["modelGateway", "access", model, index] })),
    ),
  ];
  return named.flatMap(({ name, path }) =>
    names.includes(name)
      ? []
      : [
          {
            paths: [path],
            allowed: `a workspace that there is: ${names.join(", ")}`,
            fix: nearest(name, names) ?? "name one of those, or remove it",
          },
        ],
  );
}

function nearest(found: string, known: readonly string[]): string | undefined {
  const meant = closest(found, [...known]);
  return meant === undefined ? undefined : `did you mean "${meant}"?`;
}

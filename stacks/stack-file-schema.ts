import { guildJsonSchema } from "./check/shape.ts";

/** JSON Schema of a `Pulumi.<stack>.yaml`: the engine's own keys, and `guildnet:guild` in full. */
export function stackFileSchemaText(): string {
  const { $schema, ...guild } = guildJsonSchema;
  const schema = {
    $schema,
    title: "A stack of GuildNet",
    description: "Generated from stacks/schema.ts by `npm run schema`.",
    type: "object",
    properties: {
      config: {
        type: "object",
        description: "Config of the stack, keys as <namespace>:<name>.",
        properties: { "guildnet:guild": { ...guild, description: "The guild; every key has a default." } },
      },
    },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

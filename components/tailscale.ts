// What takes Tailscale's provider, for whoever has it installed: the package's entry "guildnet/tailscale".
export { Tailnet } from "./mesh/tailnet.ts";
export type { TailnetArgs } from "./mesh/tailnet.ts";

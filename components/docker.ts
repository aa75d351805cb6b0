// What takes Docker's provider, for whoever has it installed: the package's entry "guildnet/docker".
export { HeadscaleOnHost } from "./mesh/headscale-on-host.ts";
export type { HeadscaleOnHostArgs } from "./mesh/headscale-on-host.ts";
export { OllamaOnHost } from "./models/ollama-on-host.ts";
export type { OllamaOnHostArgs } from "./models/ollama-on-host.ts";
export { TunnelServer } from "./tunnel/tunnel-server.ts";
export type { TunnelServerArgs } from "./tunnel/tunnel-server.ts";

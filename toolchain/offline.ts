/** `--offline` on any command: package registries alone. Passed on to child processes by the environment. */
export function isOffline(env: NodeJS.ProcessEnv = process.env): boolean {
  return env.GUILDNET_TOOLCHAIN === "registries";
}

/** Makes this process and its children keep to package registries. */
export function goOffline(env: NodeJS.ProcessEnv = process.env): void {
  env.GUILDNET_TOOLCHAIN = "registries";
}

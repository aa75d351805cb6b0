/** Set in a program's environment by who starts the engine, where nobody asked for `--debug`. */
export const NO_DEBUG_MESSAGES = "GUILDNET_NO_DEBUG_MESSAGES";

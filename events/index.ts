/** What is said on the guild's event bus, for everything that says or reads it. `client` has how. */
export * from "./event.ts";
export * from "./subjects.ts";
export * from "./types.ts";

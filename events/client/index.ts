/** How programs say and read events, over NATS's own client. */
export * from "./connect.ts";
export * from "./publish.ts";
export * from "./read.ts";

import { fstatSync } from "node:fs";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb.js";
import { killChildren } from "./child.ts";
import { languageRuntime } from "./service.ts";

/**
 * `pulumi-language-nodejs <engine address>`: the language host for an engine that was built from its
 * module (the official archive brings one of its own). Prints its port, then serves until the engine ends.
 */
function main(args: readonly string[]): void {
  const engineAddress = args.find((arg) => !arg.startsWith("-")) ?? "";
  const server = new Server({ "grpc.max_receive_message_length": 400 * 1024 * 1024 });
  server.addService(LanguageRuntimeService, languageRuntime(engineAddress));
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) throw error;
    process.stdout.write(`${port}\n`);
  });
  process.on("exit", killChildren);
  process.on("SIGTERM", () => process.exit(0));
  process.on("SIGINT", () => process.exit(0));
  endWithEngine();
}

/** The engine holds the other end of our stdin: a `kill -9` of it closes the pipe, and nothing else tells us. */
function endWithEngine(): void {
  if (!fstatSync(0).isFIFO()) return;
  process.stdin.on("end", () => process.exit(0));
  process.stdin.resume();
}

main(process.argv.slice(2));

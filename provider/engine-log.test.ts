import * as grpc from "@grpc/grpc-js";
import engineServices from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type engineMessages from "@pulumi/pulumi/proto/engine_pb.js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { expect, onTestFinished, test, vi } from "vitest";
import { EngineLog } from "./engine-log.ts";

const urn = "urn:pulumi:dev::guildnet::guildnet:index:EmbeddedNode::node";

/** An engine that only listens. */
async function engine(): Promise<{ address: string; logged: engineMessages.LogRequest.AsObject[] }> {
  const logged: engineMessages.LogRequest.AsObject[] = [];
  const server = new grpc.Server();
  server.addService(
    { log: engineServices.EngineService.log },
    {
      log: (call: grpc.ServerUnaryCall<engineMessages.LogRequest, Empty>, callback: grpc.sendUnaryData<Empty>) => {
        logged.push(call.request.toObject());
        callback(null, new Empty());
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  onTestFinished(() => server.forceShutdown());
  return { address: `127.0.0.1:${port}`, logged };
}

test("a build's hundreds of lines reach the engine as its first and its last", async () => {
  const { address, logged } = await engine();
  const { say, flush } = new EngineLog(address).progressOf(urn);
  for (let line = 1; line <= 300; line++) say(`line ${line}`);
  flush();
  await vi.waitFor(() => expect(logged).toHaveLength(2));
  expect(logged.map(({ message }) => message)).toEqual(["line 1", "line 300"]);
  expect(logged.every((entry) => entry.ephemeral && entry.urn === urn)).toBe(true);
});

test("a note stays", async () => {
  const { address, logged } = await engine();
  new EngineLog(address).note(urn, "the cluster is stopped");
  await vi.waitFor(() => expect(logged).toHaveLength(1));
  expect(logged[0]).toMatchObject({ urn, message: "the cluster is stopped", ephemeral: false });
});

test("an engine that is gone breaks nothing", async () => {
  const log = new EngineLog("127.0.0.1:1");
  expect(() => log.note(urn, "into the void")).not.toThrow();
});

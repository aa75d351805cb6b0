import * as grpc from "@grpc/grpc-js";
import engineServices from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineMessages from "@pulumi/pulumi/proto/engine_pb.js";
import { throttled, type Throttle } from "./throttle.ts";

/** Where a resource's words go. */
export interface ResourceLog {
  /** Status lines of one resource; each replaces the one before. */
  progressOf(urn: string): Throttle;
  /** A line that stays, beside the resource's result. */
  note(urn: string, message: string): void;
}

/** Shows what a resource is busy with, in the engine's own display. */
export class EngineLog implements ResourceLog {
  readonly #client: engineServices.EngineClient;

  /** @param address where the engine listens, `host:port`. */
  constructor(address: string) {
    this.#client = new engineServices.EngineClient(address, grpc.credentials.createInsecure());
  }

  /** One a second: without a terminal, the engine prints each on a line of its own, and a build has hundreds. */
  progressOf(urn: string): Throttle {
    return throttled(1000, (message) => this.#log(urn, message, true));
  }

  note(urn: string, message: string): void {
    this.#log(urn, message, false);
  }

  #log(urn: string, message: string, ephemeral: boolean): void {
    const request = new engineMessages.LogRequest();
    request.setSeverity(engineMessages.LogSeverity.INFO);
    request.setUrn(urn);
    request.setMessage(message);
    request.setEphemeral(ephemeral);
    // Progress is for people to see; a failure to show it is no failure of the work.
    this.#client.log(request, () => {});
  }
}

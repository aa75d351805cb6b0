import type { ServerWritableStream } from "@grpc/grpc-js";
import { RunPluginResponse, type RunPluginRequest } from "@pulumi/pulumi/proto/language_pb.js";
import { startNode, stopChild } from "./child.ts";
import { optionsEnvironment, parseOptions } from "./options.ts";
import { programInfo } from "./program-info.ts";
import { sdkEntryPoint } from "./sdk.ts";

type Call = ServerWritableStream<RunPluginRequest, RunPluginResponse>;

/** How a plugin is started: arguments after `node`, and its working directory. */
export interface PluginCommand {
  readonly args: readonly string[];
  readonly cwd: string;
}

/** Runs a provider or a policy pack that is a Node program, and streams its output until it ends. */
export function runPlugin(call: Call): void {
  const { args, cwd } = pluginCommand(call.request);
  const options = parseOptions(programInfo(call.request.getInfo()).options);
  const child = startNode(args, {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...environment(call.request.getEnvList()), ...optionsEnvironment(options) },
  });
  const send = (fill: (response: RunPluginResponse) => void) => {
    const response = new RunPluginResponse();
    fill(response);
    if (!call.cancelled) call.write(response);
  };
  child.stdout?.on("data", (data: Buffer) => send((response) => response.setStdout(data)));
  child.stderr?.on("data", (data: Buffer) => send((response) => response.setStderr(data)));
  child.once("error", (error) => call.destroy(error));
  child.once("close", (code) => {
    send((response) => response.setExitcode(code ?? 1));
    call.end();
  });
  call.once("cancelled", () => stopChild(child));
}

/**
 * A policy pack runs in its own folder and takes that folder last; a provider runs where the engine
 * runs and takes its folder first. The SDK's two entry points differ so for the sake of old packs.
 */
export function pluginCommand(request: RunPluginRequest): PluginCommand {
  const { programDirectory } = programInfo(request.getInfo());
  if (request.getKind() === "analyzer") {
    const entryPoint = sdkEntryPoint("run-policy-pack", programDirectory);
    return { args: [entryPoint, ...request.getArgsList(), programDirectory], cwd: programDirectory };
  }
  const entryPoint = sdkEntryPoint("run-plugin", programDirectory);
  return { args: [entryPoint, programDirectory, ...request.getArgsList()], cwd: request.getPwd() };
}

function environment(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf("=");
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

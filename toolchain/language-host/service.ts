import { status, type UntypedServiceImplementation, type sendUnaryData, type ServerUnaryCall } from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import {
  AboutResponse,
  GetProgramDependenciesResponse,
  GetRequiredPackagesResponse,
  GetRequiredPluginsResponse,
  LanguageHandshakeResponse,
  RunResponse,
  RuntimeOptionsResponse,
  type GetRequiredPackagesRequest,
  type LanguageHandshakeRequest,
  type RunRequest,
} from "@pulumi/pulumi/proto/language_pb.js";
import { PackageDependency, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import { version } from "@pulumi/pulumi/version.js";
import { interruptChildren } from "./child.ts";
import { installDependencies } from "./install.ts";
import { requiredPackages, type RequiredPackage } from "./packages.ts";
import { runPlugin } from "./plugin.ts";
import { programInfo } from "./program-info.ts";
import { runProgram } from "./program.ts";

/** `pulumirpc.LanguageRuntime` for Node; what it leaves out (code generation, packing) answers UNIMPLEMENTED. */
export function languageRuntime(initialEngineAddress: string): UntypedServiceImplementation {
  let engineAddress = initialEngineAddress;
  return {
    handshake: unary((request: LanguageHandshakeRequest) => {
      engineAddress = request.getEngineAddress();
      return new LanguageHandshakeResponse();
    }),
    getRequiredPlugins: unary(() => new GetRequiredPluginsResponse()),
    getRequiredPackages: unary((request: GetRequiredPackagesRequest) =>
      new GetRequiredPackagesResponse().setPackagesList(
        requiredPackages(programInfo(request.getInfo()).programDirectory).map(packageDependency),
      ),
    ),
    getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
    getProgramDependencies: unary(() => new GetProgramDependenciesResponse()),
    runtimeOptionsPrompts: unary(() => new RuntimeOptionsResponse()),
    about: unary(() => new AboutResponse().setExecutable(process.execPath).setVersion(process.version)),
    cancel: unary(() => {
      interruptChildren();
      return new Empty();
    }),
    run: unary(async (request: RunRequest) => {
      const { error = "", bail } = await runProgram(request, engineAddress);
      return new RunResponse().setError(error).setBail(bail);
    }),
    runPlugin,
    installDependencies,
  };
}

/** Serves one message with one message; whatever `answer` throws becomes the call's error. */
function unary<Request, Response>(answer: (request: Request) => Response | Promise<Response>) {
  return (call: ServerUnaryCall<Request, Response>, reply: sendUnaryData<Response>): void => {
    Promise.resolve()
      .then(() => answer(call.request))
      .then(
        (response) => reply(null, response),
        (error: Error) => reply({ code: status.UNKNOWN, details: error.message }),
      );
  };
}

function packageDependency(required: RequiredPackage): PackageDependency {
  return new PackageDependency()
    .setKind("resource")
    .setName(required.name)
    .setVersion(required.version)
    .setServer(required.server ?? "");
}

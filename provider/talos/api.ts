import { type GrpcObject, loadPackageDefinition, type ServiceClientConstructor } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import { readFileSync } from "node:fs";
import protobuf from "protobufjs";
import { fetchManifest, type ManifestSource, type Progress } from "../node/toolchain.ts";

/** Talos' own description of its API, of which older releases know a part: what they lack answers "unimplemented". */
export const talosProtos: ManifestSource = {
  module: "github.com/siderolabs/talos@v1.13.0",
  files: [
    "api/cluster/cluster.proto",
    "api/common/common.proto",
    "api/machine/image.proto",
    "api/machine/lifecycle.proto",
    "api/machine/machine.proto",
  ],
  sha256: "4e7f36cc6478ebd7f0d2818ad6a676955ae9a19a6cac10ad1be4356571d1a389",
};

/** What these import of others. */
const PROTOBUF = ["any", "descriptor", "duration", "empty", "timestamp"].map((name) => `google/protobuf/${name}.proto`);
const STATUS = {
  google: {
    nested: {
      rpc: {
        nested: {
          Status: {
            fields: {
              code: { type: "int32", id: 1 },
              message: { type: "string", id: 2 },
              details: { rule: "repeated", type: "google.protobuf.Any", id: 3 },
            },
          },
        },
      },
    },
  },
};

/** A class of clients for each service. */
export interface TalosApi {
  readonly machine: ServiceClientConstructor;
  readonly images: ServiceClientConstructor;
  readonly lifecycle: ServiceClientConstructor;
  readonly cluster: ServiceClientConstructor;
}

/** Fetches the description, unless it is in the cache, and reads it. @throws ActionableError `no-toolchain`, or the toolchain's own words */
export async function talosApi(progress: Progress): Promise<TalosApi> {
  return readApi(await fetchManifest(talosProtos, progress));
}

/** @param files of `talosProtos`. */
export function readApi(files: readonly string[]): TalosApi {
  const root = new protobuf.Root();
  for (const name of PROTOBUF) root.addJSON(protobuf.common.get(name)?.nested ?? {});
  root.addJSON(STATUS);
  for (const file of files) protobuf.parse(readFileSync(file, "utf8"), root, { keepCase: true });
  const services = loadPackageDefinition(
    fromJSON(root.resolveAll().toJSON(), { longs: String, enums: String, defaults: true, oneofs: true }),
  );
  const service = (group: string, name: string): ServiceClientConstructor =>
    (services[group] as GrpcObject)[name] as ServiceClientConstructor;
  return {
    machine: service("machine", "MachineService"),
    images: service("machine", "ImageService"),
    lifecycle: service("machine", "LifecycleService"),
    cluster: service("cluster", "ClusterService"),
  };
}

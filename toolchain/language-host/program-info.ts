import type { ProgramInfo } from "@pulumi/pulumi/proto/language_pb.js";

/** `pulumirpc.ProgramInfo` as plain fields: absolute directories, the file or `.` to run, the runtime options. */
export interface PlainProgramInfo {
  readonly rootDirectory: string;
  readonly programDirectory: string;
  readonly entryPoint: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Unpacks the message; an engine always sends one, so its absence is an error. */
export function programInfo(info: ProgramInfo | undefined): PlainProgramInfo {
  if (info === undefined) throw new Error("the engine sent no program info");
  return {
    rootDirectory: info.getRootDirectory(),
    programDirectory: info.getProgramDirectory(),
    entryPoint: info.getEntryPoint(),
    options: info.getOptions()?.toJavaScript() ?? {},
  };
}

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ServerWritableStream } from "@grpc/grpc-js";
import { InstallDependenciesResponse, type InstallDependenciesRequest } from "@pulumi/pulumi/proto/language_pb.js";
import { programInfo } from "./program-info.ts";

type Call = ServerWritableStream<InstallDependenciesRequest, InstallDependenciesResponse>;

/** `pulumi install`: npm in the folder that holds the lock file, with its output streamed back. */
export function installDependencies(call: Call): void {
  const folder = lockFolder(programInfo(call.request.getInfo()).programDirectory);
  const npm = spawn("npm", ["install"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  npm.stdout.on("data", (data: Buffer) => call.write(new InstallDependenciesResponse().setStdout(data)));
  npm.stderr.on("data", (data: Buffer) => call.write(new InstallDependenciesResponse().setStderr(data)));
  npm.once("error", (error) => call.destroy(error));
  npm.once("close", (code) => {
    if (code === 0) call.end();
    else call.destroy(new Error(`npm install in ${folder} exited with code ${code}`));
  });
  call.once("cancelled", () => npm.kill());
}

/** The nearest folder upwards with a package-lock.json (a workspace's root), else the program's own. */
export function lockFolder(programDirectory: string): string {
  for (let folder = programDirectory; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package-lock.json"))) return folder;
    if (folder === dirname(folder)) return programDirectory;
  }
}

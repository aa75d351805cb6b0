import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { WORKSPACE_USER } from "../../components/workspace/deployment.ts";
import { scratchHome } from "../testing/scratch.ts";
import { handOverHomes } from "./home-ownership.ts";
import { nodeFolder } from "./layout.ts";
import { volumeFile } from "./volume-file.ts";

test.runIf(process.getuid?.() === 0)("homes that root has become their persons', and nothing else does", () => {
  scratchHome();
  handOverHomes("it");
  const volume = (...path: string[]) => join(nodeFolder("it"), "volumes", ...path);
  for (const folder of ["ws-ada/home", "ws-bob/home", "app-wiki/data", "ws-eve", "ws-file/home", "ws-lost/home"])
    mkdirSync(volume(folder), { recursive: true });
  for (const folder of ["ws-ada/home", "app-wiki/data"]) chmodSync(volume(folder), 0o777);
  chownSync(volume("ws-bob/home"), WORKSPACE_USER, WORKSPACE_USER);
  chmodSync(volume("ws-bob/home"), 0o755);
  symlinkSync(volume("app-wiki/data"), volume("ws-eve/home"));
  writeFileSync(volumeFile(volume("ws-file/home")), "");
  for (const folder of ["ws-file/home", "ws-lost/home"]) chmodSync(volume(folder), 0);
  handOverHomes("it");
  const found = (path: string) => {
    const { uid, gid, mode } = statSync(volume(path));
    return [uid, gid, (mode & 0o777).toString(8)];
  };
  expect(found("ws-ada/home")).toEqual([WORKSPACE_USER, WORKSPACE_USER, "700"]);
  expect(found("ws-bob/home")).toEqual([WORKSPACE_USER, WORKSPACE_USER, "755"]);
  // Over them a file is mounted, or was, and is missing.
  expect(found("ws-file/home")).toEqual([0, 0, "0"]);
  expect(found("ws-lost/home")).toEqual([0, 0, "0"]);
  expect(found("app-wiki/data")).toEqual([0, 0, "777"]);
});

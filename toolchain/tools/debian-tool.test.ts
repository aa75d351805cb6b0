import { expect, it, vi } from "vitest";
import { openLog } from "../log.ts";
import { useScratch } from "../testing/scratch.ts";
import { debianTool } from "./debian-tool.ts";

const scratch = useScratch();
const tool = (programs: readonly string[]) =>
  debianTool({ name: "x", title: "Things", packages: ["pkg-a", "pkg-b"], programs });

it("is there when its programs are, from wherever they came", () => {
  expect(tool(["sh", "/bin/sh"]).find(scratch.home)?.path).toMatch(/\/sh$/);
  expect(tool(["sh", "guildnet-no-such-program"]).find(scratch.home)).toBeUndefined();
  expect(tool(["/no/such/file"]).find(scratch.home)).toBeUndefined();
});

it("tells an ordinary user the one command", async () => {
  vi.spyOn(process, "getuid").mockReturnValue(1000);
  const context = { home: scratch.home, log: openLog(scratch.home, "x"), offline: false, report: () => {} };
  await expect(tool(["no"]).install(context)).rejects.toMatchObject({
    code: "packages-missing",
    message: expect.stringMatching(/sudo apt-get install --no-install-recommends pkg-a pkg-b|not Debian/),
  });
  vi.restoreAllMocks();
});

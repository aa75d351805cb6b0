import { expect, it, vi } from "vitest";
import { openEngine } from "../open-engine.ts";
import { destroyCommand } from "./destroy.ts";

vi.mock("../open-engine.ts", () => ({ openEngine: vi.fn().mockRejectedValue(new Error("the engine was opened")) }));

it("removes data only where somebody can be asked, or says that nobody has to be", async () => {
  const options = { data: true, yes: false, projectFolder: "." };
  vi.spyOn(process, "stdin", "get").mockReturnValue({ isTTY: false } as typeof process.stdin);
  await expect(destroyCommand("lab", options)).rejects.toThrow(
    /destroy -- --stack lab --data --yes.*Nothing was changed/,
  );
  expect(openEngine).not.toHaveBeenCalled();
  for (const allowed of [
    { ...options, yes: true },
    { ...options, data: false },
  ])
    await expect(destroyCommand("lab", allowed)).rejects.toThrow("the engine was opened");
});

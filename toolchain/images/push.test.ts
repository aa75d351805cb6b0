import { expect, test } from "vitest";
import { signIns, without } from "./push.ts";

test("the sign-in is for the registry that is pushed to, and for no other", () => {
  expect(signIns("localhost:5000/guild/tool:1", { credentials: "guild:a:b" })).toEqual({
    "localhost:5000": { auth: Buffer.from("guild:a:b").toString("base64") },
  });
  expect(signIns("localhost:5000/guild/tool:1", {})).toEqual({});
});

test("a registry that repeats what it was told gets none of it into a log", () => {
  const hide = without({ credentials: "guild:CAN:ARY" });
  expect(
    hide(`you are guild:CAN:ARY, by CAN:ARY, or ${Buffer.from("guild:CAN:ARY").toString("base64")}: go away`),
  ).toBe("you are [secret], by [secret], or [secret]: go away");
  expect(without({})("go away")).toBe("go away");
});

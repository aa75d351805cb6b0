import { describe, expect, test } from "vitest";
import { merge } from "./index.ts";
import type { Ran } from "./place.ts";
import { recorded, scriptedPlace } from "./testing/scripted-place.ts";

const rid = "rad:z3UhLPkeA698hgj1jiwQf3AycWR5Q";
const shown = JSON.parse(recorded("merged-patch.json")) as { timeline: string[]; revisions: Record<string, object> };
const [id = ""] = shown.timeline;
const second = "1b57a191da9ee9144f0b75087381a6b0fed7bf54";
const { oid } = shown.revisions[second] as { oid: string };
const [head, tree, commit] = ["a", "b", "c"].map((digit) => digit.repeat(40)) as [string, string, string];
const ada = "z6MkuvUwLEhXVT2HUjSWJAEXhoaj6f1QfzZo5k9E1eRL2T7q",
  bob = "z6MkfGmmNcahAPFBJq8dZE8xBrt1uiTrCvSy7iTc8kyYZKb9";

/** A place of a delegate, ada, or of somebody else, where the branch is at `head`. */
function placeOf(who: string, ...more: (readonly [string, string | Partial<Ran>])[]) {
  return scriptedPlace([
    ...more,
    ["cob show", JSON.stringify({ ...shown, state: { status: "open" } })],
    ["rad inspect", recorded("identity.json")],
    ["rad self", `did:key:${who}\n`],
    ["rev-parse", `${head}\n`],
    ["mktemp", "/tmp/scratch\n"],
    ["git clone", ""],
    ["rm -rf", ""],
  ]);
}

const commands = ({ asked }: ReturnType<typeof scriptedPlace>): string[] => asked.map(({ argv }) => argv.join(" "));
const neither = ["merge-base", { exitCode: 1 }] as const;

describe("a merge", () => {
  test("by who is no delegate is refused before anything is made", async () => {
    const place = placeOf(bob);
    await expect(merge({ rid, place }, id)).rejects.toMatchObject({ code: "not-allowed" });
    expect(commands(place).filter((command) => /mktemp|push|update/.test(command))).toEqual([]);
  });

  test("moves the branch on to the author's latest revision where that can be, and to nothing else", async () => {
    const place = placeOf(ada, [`--is-ancestor ${head} ${oid}`, ""], neither, ["push", ""]);
    expect(await merge({ rid, place }, id)).toMatchObject({ commit: oid });
    const [push] = place.asked.filter(({ argv }) => argv.includes("push"));
    expect(push?.argv.slice(-2)).toEqual([`rad://${rid.slice(4)}/${ada}`, `${oid}:refs/heads/main`]);
    expect(push?.argv[0]).toBe("flock");
    expect(commands(place).at(-1)).toBe("rm -rf -- /tmp/scratch");
  });

  test("of two sides has both for parents, and what is said of it by standard input", async () => {
    const place = placeOf(ada, neither, ["merge-tree", `${tree}\0`], ["commit-tree", `${commit}\n`], ["push", ""]);
    expect(await merge({ rid, place }, id, { message: "--amend" })).toMatchObject({ commit });
    const made = place.asked.find(({ argv }) => argv.includes("commit-tree"));
    expect(made?.argv.slice(-7)).toEqual([tree, "-p", head, "-p", oid, "-F", "-"]);
    expect(made?.stdin).toBe("--amend");
  });

  test("that does not go together names the files, pushes nothing, and leaves nothing behind", async () => {
    const place = placeOf(ada, neither, ["merge-tree", { exitCode: 1, stdout: `${tree}\0one.txt\0two.txt\0` }]);
    await expect(merge({ rid, place }, id)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("one.txt, two.txt"),
    });
    expect(commands(place).filter((command) => command.includes("push"))).toEqual([]);
    expect(commands(place).at(-1)).toBe("rm -rf -- /tmp/scratch");
  });
});

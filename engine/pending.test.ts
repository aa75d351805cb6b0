import { describe, expect, it } from "vitest";
import { begunCreations, withoutPending } from "./pending.ts";
import type { StackState, StateResource } from "./stack-state.ts";

const object = (name: string, more: Partial<StateResource> = {}): StateResource => ({
  urn: `u::${name}`,
  type: "kubernetes:core/v1:Service",
  inputs: { metadata: { name } },
  ...more,
});
const state = (resources: StateResource[], pending: [string, StateResource][]): StackState => ({
  deployment: { resources, pending_operations: pending.map(([type, resource]) => ({ type, resource })) },
});
const made = new Map([["u::new", { id: "ws-ada/new", outputs: { __fieldManager: "m" } }]]);
const taken = object("new", { id: "ws-ada/new", outputs: { metadata: { name: "new" }, __fieldManager: "m" } });

describe("operations of a run that was killed", () => {
  it("are begun creations where nothing of that name is in the state, or only what goes for it", () => {
    const replaced = object("replaced", { delete: true }),
      deleted = object("deleted", { pendingReplacement: true });
    const before = state(
      [object("old"), replaced, deleted],
      [
        ["creating", object("new")],
        ["updating", object("old")],
        ["deleting", object("gone")],
        ["creating", object("old")],
        ["creating", object("replaced")],
        ["creating", object("deleted")],
      ],
    );
    expect(begunCreations(before).map(({ urn }) => urn)).toEqual(["u::new", "u::replaced", "u::deleted"]);
  });

  it("are forgotten; but what they made is in the state, after all that it stands on", () => {
    const before = state(
      [object("old")],
      [
        ["creating", object("new")],
        ["creating", object("never made")],
        ["updating", object("old")],
      ],
    );
    expect(withoutPending(before, made)).toEqual(state([object("old"), taken], []));
    expect(withoutPending(before, new Map())).toEqual(state([object("old")], []));
  });

  it("take in nothing that refers to what was removed since, and nothing of a provider that was", () => {
    const stranded = object("new", { dependencies: ["u::old", "u::gone"], parent: "u::gone" });
    expect(withoutPending(state([object("old")], [["creating", stranded]]), made)).toEqual(
      state([object("old"), { ...taken, dependencies: ["u::old"] }], []),
    );
    const provider = { urn: "p", type: "pulumi:providers:x", id: "1" },
      its = object("new", { provider: "p::1" });
    expect(withoutPending(state([provider], [["creating", its]]), made)).toEqual(
      state([provider, { ...taken, provider: "p::1" }], []),
    );
    expect(withoutPending(state([{ ...provider, id: "2" }], [["creating", its]]), made)).toEqual(
      state([{ ...provider, id: "2" }], []),
    );
  });

  it("put what they made in the place of what was deleted for it, with what stands on it behind", () => {
    const before = state(
      [
        object("old"),
        object("new", {
          id: "ws-ada/new",
          pendingReplacement: true,
          dependencies: ["u::old"],
          outputs: { metadata: { uid: "1" } },
        }),
        object("on top"),
      ],
      [["creating", object("new")]],
    );
    expect(withoutPending(before, made)).toEqual(
      state([object("old"), { ...taken, dependencies: ["u::old"] }, object("on top")], []),
    );
  });
});

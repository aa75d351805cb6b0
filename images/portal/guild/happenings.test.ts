import { beforeEach, describe, expect, test } from "vitest";
import { MemoryWorkspaces } from "./memory-workspaces.ts";
import { tellOfWorkspaces } from "./happenings.ts";
import type { Happening } from "./happenings.ts";
import type { WorkspaceState } from "./workspaces.ts";

let directory: MemoryWorkspaces;
let told: Happening[];
beforeEach(() => {
  directory = new MemoryWorkspaces();
  told = [];
});

const follow = () => tellOfWorkspaces(directory, { admins: new Set(["ada"]), tell: (...some) => told.push(...some) });
const put = (state: WorkspaceState, id = "bob", more = {}) => directory.put({ id, owner: id, state, ...more });
/** What was told, without what it carries. */
const seen = () => told.map(({ to, type }) => `${to} ${type.split(".")[1]}`);

describe("what becomes of a workspace", () => {
  test("is told its owner and the admins, once each", () => {
    follow();
    put("starting");
    put("running");
    put("running", "bob", { reason: "OOMKilled" });
    put("starting");
    put("running");
    put("stopped");
    expect(seen()).toEqual(
      ["created", "started", "started", "stopped"].flatMap((what) => [`admins ${what}`, `@bob ${what}`]),
    );
    expect(told[0]).toEqual({ to: "admins", type: "workspace.created", data: { workspace: "bob", owner: "bob" } });
  });

  test("is told an admin who owns it as admin alone", () => {
    follow();
    put("running", "ada");
    expect(seen()).toEqual(["admins created", "admins started"]);
  });

  test("has the reason where it failed", () => {
    follow();
    put("failed", "ada", { reason: "ImagePullBackOff" });
    put("running", "ada");
    put("failed", "ada", { reason: "CrashLoopBackOff", message: "It ran out of memory." });
    expect(told.flatMap(({ data }) => ("reason" in data ? [data.reason] : []))).toEqual([
      "ImagePullBackOff",
      "It ran out of memory.",
    ]);
  });

  test("before all of them were looked at is no news", () => {
    put("stopped", "old");
    directory.ready = { ready: false, reason: "the workspaces are being read" };
    follow();
    put("running");
    directory.ready = { ready: true, reason: "ok" };
    put("running");
    put("stopped", "old");
    expect(told).toEqual([]);
    put("stopped");
    expect(seen()).toEqual(["admins stopped", "@bob stopped"]);
  });

  test("is made anew where another comes under its name", () => {
    put("running", "ada");
    follow();
    directory.remove("ada");
    put("running", "ada");
    expect(seen()).toEqual(["admins created", "admins started"]);
  });

  test("is told of no app, and of none any more once it is stopped", () => {
    const stop = follow();
    put("running", "wiki", { visibility: "public" });
    stop();
    put("running");
    expect(told).toEqual([]);
  });
});

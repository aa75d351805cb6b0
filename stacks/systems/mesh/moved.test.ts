import { expect, test } from "vitest";
import { parseGuild } from "../../check/parse.ts";
import { movedServer } from "./moved.ts";

const nothing = { kubeconfig: false };
const moved = (mesh: object, loginServer?: string) =>
  movedServer(parseGuild({ mesh }, nothing), { appsBelowPortal: false, loginServer });
const before = "https://headscale.guildnet.localhost:8092";

test("a server at another port is told of, with what to do on each device", () => {
  expect(moved({ kind: "headscale", port: 8093 }, before)).toEqual([
    expect.stringMatching(
      /at https:\/\/headscale\.guildnet\.localhost:8093 from now on.*tailscale down, then tailscale up --login-server https:\/\/headscale\.guildnet\.localhost:8093 --accept-routes/,
    ),
  ]);
});

test("so is one at another name", () => {
  expect(moved({ kind: "headscale", hostname: "mesh.example.org" }, before)).toHaveLength(1);
});

test.each([
  ["one that stays where it is", { kind: "headscale" }, before],
  ["the first", { kind: "headscale", port: 8093 }, undefined],
  ["none any more", { kind: "none" }, before],
])("of %s nothing is told", (_, mesh, loginServer) => {
  expect(moved(mesh, loginServer)).toEqual([]);
});

import { expect, it } from "vitest";
import { buildArguments } from "./bud.ts";

const machine = { mounts: { "/tmp/m": "/mnt" }, buildArgs: { NODE_EXTRA_CA_CERTS: "/mnt/ca.crt" } };
const build = { reference: "guildnet.local/a:1", context: "/src/a", buildArgs: { COLOUR: "blue" } };

it("lends a machine's settings only to a Dockerfile that asks for them", () => {
  expect(buildArguments(build, "FROM x:1\nARG NODE_EXTRA_CA_CERTS", machine)).toContain(
    "--build-arg=NODE_EXTRA_CA_CERTS=/mnt/ca.crt",
  );
  expect(buildArguments(build, "FROM x:1", machine).join(" ")).not.toContain("NODE_EXTRA_CA_CERTS");
});

it("mounts read-only, passes the caller's arguments, never pulls and ends with the context", () => {
  const args = buildArguments(build, "FROM x:1", machine);
  expect(args).toEqual(
    expect.arrayContaining([
      "--pull=never",
      "--volume=/tmp/m:/mnt:ro",
      "--build-arg=COLOUR=blue",
      "--tag=guildnet.local/a:1",
    ]),
  );
  expect(args.at(-1)).toBe("/src/a");
});

import { expect, it } from "vitest";
import { headscaleUser } from "../../provider/resources/headscale-user.ts";
import { headscaleServer } from "../../provider/testing/headscale-server.ts";
import { detectOwnDrift } from "./detect-own.ts";
import { mergedReports } from "./detect.ts";

const silent = (): void => {};

it("sees a user of the mesh that somebody deleted, and takes nothing to be gone where nobody answers", async () => {
  const { server, books } = await headscaleServer();
  const inputs = { server: { ...server }, name: "ada" };
  const { outputs } = await headscaleUser.create(inputs, silent);
  const resource = (name: string, more: object) => ({
    urn: `urn:pulumi:dev::guildnet::guildnet:index:HeadscaleUser::${name}`,
    type: "guildnet:index:HeadscaleUser",
    inputs,
    outputs: { ...inputs, ...outputs },
    ...more,
  });
  const away = { ...inputs, server: { ...server, url: "https://127.0.0.1:9" } };
  const state = {
    deployment: {
      resources: [
        resource("mesh-ada", {}),
        resource("mesh-old", { delete: true }),
        resource("mesh-away", { inputs: away }),
        resource("secret", { type: "guildnet:index:RandomSecret" }),
      ],
    },
  };
  expect(await detectOwnDrift(state)).toEqual({ objects: 2, deviations: [] });
  books.users.length = 0;
  expect(await detectOwnDrift(state)).toEqual({
    objects: 2,
    deviations: [
      {
        urn: expect.stringMatching(/::mesh-ada$/) as string,
        what: "HeadscaleUser mesh-ada",
        how: "the server has no user of this name",
      },
    ],
  });
});

it("says why where something else stands in its way", async () => {
  const bad = {
    urn: "u::definitions",
    type: "guildnet:index:UpstreamManifest",
    inputs: {
      kubeconfig: "clusters: []",
      source: { module: "a.b/c@v1", files: ["x.yaml"], sha256: "0".repeat(64) },
      labels: {},
      keep: true,
    },
    outputs: { objects: [], hash: "" },
  };
  const drift = await detectOwnDrift({ deployment: { resources: [bad] } });
  expect(drift).toEqual({ why: expect.stringContaining("kubeconfig") as string });
  const clear = { objects: 3, deviations: [] };
  expect([mergedReports(clear, drift), mergedReports(drift, clear), mergedReports(clear, clear)]).toEqual([
    drift,
    drift,
    { objects: 6, deviations: [] },
  ]);
});

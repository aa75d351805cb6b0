import { describe, expect, test } from "vitest";
import { scratchHome } from "../testing/scratch.ts";
import { nodeImage } from "./node-image.ts";

const inputs = { cluster: "guild-test", reference: "registry.k8s.io/pause:3.10.1" };

describe("NodeImage", () => {
  test.each([
    "registry.k8s.io/pause:3.10.1",
    "guildnet.local/workspace:0123456789ab",
    "localhost:5000/a/b:c",
    "docker.io/library/debian:bookworm-slim",
  ])("takes %s", (reference) => {
    expect(nodeImage.check({ ...inputs, reference })).toEqual([]);
  });

  test.each(["debian", "debian:12", "docker.io/library/debian", "docker.io/debian@sha256:00", "docker.io/debian :12"])(
    "refuses %s, naming the input",
    (reference) => {
      expect(nodeImage.check({ ...inputs, reference })).toMatchObject([
        { path: ["reference"], message: expect.stringContaining("full reference with a tag") },
      ]);
    },
  );

  test("cannot go to a cluster that is stopped, and says which", async () => {
    scratchHome();
    await expect(nodeImage.create(inputs, () => {})).rejects.toThrow(
      'the cluster guild-test is not running, so it cannot take an image; "npm run up" starts it',
    );
  });

  test("is no change of its own while its cluster is stopped", async () => {
    scratchHome();
    expect(await nodeImage.drift(inputs, inputs)).toBeUndefined();
  });

  test("moves to another cluster by being made anew there", () => {
    expect(["cluster", "reference", "context", "buildArgs"].filter((input) => nodeImage.replaces(input))).toEqual([
      "cluster",
    ]);
  });
});

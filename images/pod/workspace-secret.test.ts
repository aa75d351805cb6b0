import { expect, test } from "vitest";
import type { ApiServer } from "./api-server.ts";
import { isSecret, workspaceSecret } from "./workspace-secret.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const asked: string[] = [];
const cluster: ApiServer = {
  read(path) {
    asked.push(path);
    const found = path.includes("/ws-ada/") ? { data: { password: base64("ünï"), owner: base64("ada") } } : undefined;
    return Promise.resolve(path.includes("/ws-bob/") ? { kind: "Secret" } : found);
  },
};

test("a workspace's own Secret is read, and nobody else's", async () => {
  expect(await workspaceSecret(cluster, "ada", "models-access")).toEqual({ password: "ünï", owner: "ada" });
  expect(await workspaceSecret(cluster, "bob", "models-access")).toEqual({});
  expect(await workspaceSecret(cluster, "eve", "models-access")).toBeUndefined();
  for (const workspace of ["", "../kube-system", "ada/secrets/x?", "Ada", "ada\n"])
    expect(await workspaceSecret(cluster, workspace, "models-access"), workspace).toBeUndefined();
  expect(asked).toEqual(["ada", "bob", "eve"].map((id) => `/api/v1/namespaces/ws-${id}/secrets/models-access`));
});

test("a secret is its own, and nothing is one that is not there", () => {
  expect(isSecret("ünï", "ünï")).toBe(true);
  for (const [expected, given] of [
    ["ünï", "uni"],
    ["ünï", ""],
    ["", ""],
    [undefined, ""],
    [undefined, "undefined"],
  ] as const)
    expect(isSecret(expected, given)).toBe(false);
});

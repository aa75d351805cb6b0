import { expect, test } from "vitest";
import { renderedObjects } from "./rendered-objects.ts";

const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});

test("takes Kubernetes objects alone, in the state's order, with secrets as the cluster gets them", () => {
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "ws-a" } };
  const keys = { apiVersion: "v1", kind: "Secret", metadata: { name: "ide-access" } };
  expect(
    renderedObjects({
      deployment: {
        resources: [
          { type: "pulumi:pulumi:Stack" },
          { type: "pulumi:providers:kubernetes", inputs: { kubeconfig: secret("…") } },
          { type: "guildnet:index:RandomSecret", inputs: { bytes: 32 } },
          { type: "kubernetes:core/v1:Namespace", inputs: namespace },
          {
            type: "kubernetes:core/v1:Secret",
            inputs: { ...keys, stringData: secret({ session: "s", list: [secret("inner")] }) },
          },
        ],
      },
    }),
  ).toEqual([namespace, { ...keys, stringData: { session: "s", list: ["inner"] } }]);
});

test("finds nothing in an empty state", () => {
  expect(renderedObjects({ deployment: {} })).toEqual([]);
});

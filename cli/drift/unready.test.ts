import { expect, it } from "vitest";
import { unreadyOf } from "./unready.ts";

const declared = {
  urn: "u",
  object: {
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    namespace: "guildnet-registry",
    name: "server-tls",
    labels: {},
  },
  wanted: {},
  recorded: {},
  ignored: [],
};
const live = (...conditions: object[]) => ({ metadata: { name: "server-tls", uid: "1" }, status: { conditions } });

it("tells of a certificate that was not issued, in its controller's words", () => {
  const issuing = { type: "Issuing", status: "True", reason: "DoesNotExist" };
  expect(
    unreadyOf(
      declared,
      live(issuing, {
        type: "Ready",
        status: "False",
        reason: "DoesNotExist",
        message: "Issuing certificate as Secret does not exist",
      }),
    ),
  ).toEqual({
    what: "Certificate guildnet-registry/server-tls",
    why: "DoesNotExist: Issuing certificate as Secret does not exist",
  });
  expect(unreadyOf(declared, live({ type: "Ready", status: "Unknown" }))?.why).toBe("not ready");
  expect(unreadyOf(declared, live({ type: "Active", status: "False" }))?.why).toBe("not active");
});

it("says nothing of one that is ready, of what has other conditions or none, and of what is not there", () => {
  for (const one of [
    live({ type: "Ready", status: "True" }),
    live({ type: "Progressing", status: "False" }),
    { metadata: { name: "a", uid: "1" } },
    { metadata: { name: "a", uid: "1" }, status: { conditions: "none" } },
    undefined,
  ])
    expect(unreadyOf(declared, one)).toBeUndefined();
});

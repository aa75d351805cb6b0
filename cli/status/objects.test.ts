import { expect, it } from "vitest";
import { objectFindings } from "./objects.ts";

const policy = { urn: "u", what: "NetworkPolicy ws-ada/deny-all", how: "gone" };
const portal = { kind: "Deployment", namespace: "guildnet-portal", name: "portal" } as const;

it("says in a line that all objects are there, or why nobody looked", () => {
  expect(objectFindings({ objects: 54, deviations: [] }, [])).toEqual([
    { what: "objects", state: "54 as the stack left them", healthy: true, where: "" },
  ]);
  expect(objectFindings({ why: "it does not answer" }, [])).toMatchObject([
    { state: "not looked at: it does not answer", healthy: false },
  ]);
});

it("names each that is not, but for workloads that are gone: those are reported by themselves", () => {
  const gone = { urn: "v", what: "Deployment guildnet-portal/portal", how: "gone" };
  expect(objectFindings({ objects: 54, deviations: [policy, gone] }, [portal])).toMatchObject([
    { what: "NetworkPolicy ws-ada/deny-all", state: expect.stringContaining("gone") as string, healthy: false },
  ]);
  expect(objectFindings({ objects: 54, deviations: [{ ...gone, how: "differs in spec" }] }, [portal])).toMatchObject([
    { what: "Deployment guildnet-portal/portal", healthy: false },
  ]);
});

it("tells of what is there as it was left, and not ready: a certificate that nobody issues", () => {
  const unready = [{ what: "Certificate guildnet-registry/server-tls", why: "Pending" }];
  expect(objectFindings({ objects: 54, deviations: [], unready }, [])).toMatchObject([
    { what: "objects", healthy: true },
    { what: "Certificate guildnet-registry/server-tls", state: "not ready: Pending", healthy: false },
  ]);
});

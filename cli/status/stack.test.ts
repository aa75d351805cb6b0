import { expect, it } from "vitest";
import type { StackState } from "../../engine/stack-state.ts";
import { apiServer } from "../../provider/testing/cluster.ts";
import { useScratch } from "../../toolchain/testing/scratch.ts";
import { stackFindings } from "./stack.ts";

const scratch = useScratch();

it("asks kubectl nothing where the cluster does not answer: it would try for longer than anybody waits", async () => {
  const asked: string[] = [];
  const { kubeconfig } = await apiServer(({ headers: { "user-agent": client = "" } }, response) => {
    asked.push(client);
    response.writeHead(503).end();
  });
  const outputs = {
    portalUrl: "",
    people: [],
    workspaces: [],
    caCertificate: "",
    signInKey: "",
    kubeconfig,
    probes: [],
    backup: { target: "cluster", volumes: [] },
  };
  const state: StackState = {
    deployment: {
      resources: [
        { urn: "urn:pulumi:it::it::pulumi:pulumi:Stack::it-it", type: "pulumi:pulumi:Stack", custom: false, outputs },
      ],
    },
  };
  const findings = await stackFindings({
    stack: "it",
    home: scratch.home,
    stackExists: () => Promise.resolve(true),
    state: () => Promise.resolve(state),
  });
  expect(findings.filter(({ healthy }) => !healthy).map(({ what }) => what)).toEqual(["cluster", "backups"]);
  expect(findings.at(-1)?.state).toBe("unknown while the cluster does not answer");
  expect(asked.filter((client) => client.startsWith("kubectl"))).toEqual([]);
});

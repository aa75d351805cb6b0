import type { KubernetesObject } from "@kubernetes/client-node";
import { expect, onTestFinished, test } from "vitest";
import { apiServer } from "../../pod/api-server.ts";
import { startApiServer } from "../../pod/testing/api-server.ts";
import { backupState, clusterObjects, guildFigures } from "./figures.ts";
import type { Objects } from "./figures.ts";

const at = (hour: number) => new Date(Date.UTC(2026, 10, 29, hour));
/** As the API server writes it. */
const time = (hour: number) => at(hour).toISOString().replace(".000", "");

test("a backup has failed that was begun after the last that was whole, and runs no more", () => {
  const metadata = { creationTimestamp: time(0) };
  const state = (status: object) => backupState({ metadata, status });
  expect(state({})).toEqual({ done: at(0), failed: false });
  expect(state({ lastScheduleTime: time(1) })).toEqual({ began: at(1), done: at(0), failed: true });
  expect(state({ lastScheduleTime: time(1), active: [{}] })).toMatchObject({ done: at(0), failed: false });
  expect(state({ lastScheduleTime: time(1), lastSuccessfulTime: time(2) })).toMatchObject({
    done: at(2),
    failed: false,
  });
  expect(state({ lastScheduleTime: time(3), lastSuccessfulTime: time(2) })).toMatchObject({
    done: at(2),
    failed: true,
  });
});

const objects: Objects = {
  certificates: () =>
    Promise.resolve([
      { metadata: { namespace: "guildnet-portal", name: "server-tls" }, status: { notAfter: "2026-11-29T00:00:00Z" } },
      { metadata: { namespace: "guildnet-mesh", name: "not-yet" } },
    ]),
  backup: (namespace) => Promise.resolve({ done: at(namespace === "ws-ada" ? 1 : 2), failed: namespace === "ws-ada" }),
};

test("certificates and backups are told, and nothing of what the guild has not", async () => {
  const text = await guildFigures({ certificates: true, backups: ["ws-ada", "ws-bob"] }, objects).metrics();
  const told = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  expect(told).toEqual([
    `guildnet_certificate_ends_timestamp_seconds{namespace="guildnet-portal",certificate="server-tls"} ${at(0).getTime() / 1000}`,
    `guildnet_backup_done_timestamp_seconds{namespace="ws-ada"} ${at(1).getTime() / 1000}`,
    `guildnet_backup_done_timestamp_seconds{namespace="ws-bob"} ${at(2).getTime() / 1000}`,
    'guildnet_backup_failed{namespace="ws-ada"} 1',
    'guildnet_backup_failed{namespace="ws-bob"} 0',
  ]);
  expect((await guildFigures({ certificates: false, backups: [] }, objects).metrics()).trim()).toBe("");
});

test("where the cluster can't be asked there are none", async () => {
  const away: Objects = { ...objects, certificates: () => Promise.reject(new Error("the API server is away")) };
  await expect(guildFigures({ certificates: true, backups: [] }, away).metrics()).rejects.toThrow("is away");
});

test("they are asked of the API server, which may lack them", async () => {
  const cluster = await startApiServer();
  onTestFinished(() => cluster.close());
  const put = (collection: string, object: object) => cluster.put(collection, object as KubernetesObject);
  const objects = clusterObjects(apiServer({ url: cluster.url }));
  put("/apis/batch/v1/namespaces/ws-ada/cronjobs", {
    metadata: { name: "backup", creationTimestamp: time(0) },
    status: { lastScheduleTime: time(1), lastSuccessfulTime: time(2) },
  });
  put("/apis/cert-manager.io/v1/certificates", {
    metadata: { namespace: "guildnet-mesh", name: "server" },
    status: { notAfter: time(3) },
  });
  expect(await objects.backup("ws-ada")).toEqual({ began: at(1), done: at(2), failed: false });
  expect(await objects.certificates()).toEqual([
    { metadata: { namespace: "guildnet-mesh", name: "server" }, status: { notAfter: time(3) } },
  ]);
  await expect(objects.backup("ws-bob")).rejects.toThrow("has no /apis/batch/v1/namespaces/ws-bob/cronjobs/backup");
});

import { execa } from "execa";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createAuthority, issueCertificate } from "../pki/x509.ts";
import { scratchFolder } from "../testing/scratch.ts";
import { roles } from "./roles.ts";

const soon = { timeout: 20_000 };
const authority = await createAuthority("Test CA", 1);
const certificate = await issueCertificate(authority, {
  commonName: "api",
  ipAddresses: ["127.0.0.1"],
  validityDays: 1,
});
const client = await issueCertificate(authority, {
  commonName: "guildnet:keeper",
  usages: ["client"],
  validityDays: 1,
});

interface Node {
  /** What the portal was told last. */
  told(): unknown;
  /** What the API server was told has grown, in order. */
  readonly grown: readonly string[];
  /** What `volume` was told, in order. */
  commands(): string[];
}

/** @param disk what is mounted as the volumes' disk, and below it; the node's folder is $1 */
async function node(disk: string, claims: Record<string, string> = {}): Promise<Node> {
  const folder = scratchFolder(),
    log = join(folder, "commands");
  for (const name of ["pki", "run", "volumes"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "pki/ca.crt"), authority.certificatePem);
  writeFileSync(join(folder, "pki/user-keeper.crt"), client.certificatePem);
  writeFileSync(join(folder, "pki/user-keeper.key"), client.privateKeyPem);
  writeFileSync(join(folder, "run/volume"), `#!/bin/sh\necho "$@" >>${log}\n`);
  chmodSync(join(folder, "run/volume"), 0o755);
  writeFileSync(log, "");
  let told: unknown;
  const grown: string[] = [];
  const lists = {
    "/api/v1/persistentvolumes": Object.keys(claims).map((path) => ({
      metadata: { name: `pv-of-${path.split("/")[0]}` },
      spec: {
        capacity: { storage: "5Mi" },
        hostPath: { path: `/run/guildnet/volumes/${path}` },
        claimRef: { uid: path },
      },
    })),
    "/api/v1/persistentvolumeclaims": Object.entries(claims).map(([path, storage]) => ({
      metadata: { uid: path, namespace: path.split("/")[0], name: path.split("/")[1] },
      spec: { resources: { requests: { storage } } },
    })),
  };
  const server = createServer(
    {
      cert: certificate.certificatePem,
      key: certificate.privateKeyPem,
      ca: authority.certificatePem,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => {
      let body = "";
      request
        .on("data", (text) => (body += String(text)))
        .on("end", () => {
          const path = request.url?.split("?")[0] ?? "";
          if (request.method === "GET")
            return response.end(JSON.stringify({ items: lists[path as keyof typeof lists] }));
          if (path.endsWith("/machine")) told = { path, ...(JSON.parse(body) as object) };
          else grown.push(`${path} ${body}`);
          response.end("{}");
        });
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const keeper = execa(
    "unshare",
    [
      "--mount",
      "sh",
      "-ec",
      `${disk}\nexec "$2" "$3" "$1" "$4"`,
      "sh",
      folder,
      process.execPath,
      join(import.meta.dirname, "scripts/keeper.mjs"),
      address,
    ],
    { reject: false, buffer: false },
  );
  onTestFinished(async () => {
    keeper.kill("SIGKILL");
    await keeper;
    server.closeAllConnections();
    server.close();
  });
  return {
    told: () => told,
    grown,
    commands: () =>
      readFileSync(log, "utf8")
        .split("\n")
        .filter((line) => line !== ""),
  };
}

const large = 'mount -t tmpfs -o size=8G tmpfs "$1/volumes"';
const homes =
  'mkdir -p "$1/volumes/ws-ada/home" "$1/volumes/ws-bob/home"\ntouch "$1/volumes/ws-ada/.home.ext4" "$1/volumes/ws-bob/.home.ext4"\n' +
  'mount -t tmpfs -o size=10M tmpfs "$1/volumes/ws-ada/home"\nmount -t tmpfs -o size=10M tmpfs "$1/volumes/ws-bob/home"\nhead -c 9500000 /dev/zero >"$1/volumes/ws-ada/home/big"';

describe.runIf(process.getuid?.() === 0)("what looks after a node's disk", () => {
  test("says when it is nearly full, in the one place that it may write to", async () => {
    const { told } = await node('mount -t tmpfs -o size=64M tmpfs "$1/volumes"');
    await vi.waitFor(
      () =>
        expect(told()).toMatchObject({
          path: "/api/v1/namespaces/guildnet-portal/configmaps/machine",
          metadata: { name: "machine" },
          data: { "disk-free": "0.1 GiB" },
        }),
      soon,
    );
    expect(roles["/apis/rbac.authorization.k8s.io/v1/clusterroles/guildnet:keeper"]?.rules).toEqual([
      { apiGroups: [""], resources: ["persistentvolumes"], verbs: ["list", "patch"] },
      { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["list"] },
      { apiGroups: [""], resources: ["persistentvolumeclaims/status"], verbs: ["patch"] },
      { apiGroups: [""], resources: ["configmaps"], resourceNames: ["machine"], verbs: ["create", "patch"] },
    ]);
  });

  test("says whose home is, and takes back what it said where all is well", async () => {
    const { told, commands } = await node(`${large}\n${homes}`, {
      "ws-ada/home": "10M",
      "ws-bob/home": "10M",
      "ws-eve/home": "10M",
    });
    await vi.waitFor(() => expect(told()).toMatchObject({ data: { "full-homes": "ada" } }), soon);
    expect(told()).not.toHaveProperty("data.disk-free");
    expect(commands()).toEqual([]);
    const well = await node(large);
    await vi.waitFor(() => expect(well.told()).toMatchObject({ data: {} }), soon);
  });

  test("has a volume grow whose claim did, or that is not mounted, and one go that shall", async () => {
    const { commands, told, grown } = await node(
      `${large}\n${homes}\nmkdir -p "$1/volumes/app-wiki/data"\ntouch "$1/volumes/app-wiki/.data.ext4" "$1/volumes/app-wiki/.old.ext4.removed"\nmkdir -p -m 0 "$1/volumes/app-lost/data"`,
      {
        "ws-ada/home": "1Gi",
        "ws-bob/home": "10M",
        "ws-eve/home": "2Gi",
        "app-wiki/data": "5Mi",
        "app-lost/data": "5Mi",
      },
    );
    await vi.waitFor(() => expect(told()).toBeDefined(), soon);
    expect(commands()).toEqual([
      "remove /run/guildnet/volumes/app-wiki/old",
      `grow /run/guildnet/volumes/ws-ada/home ${2 ** 30}`,
      `grow /run/guildnet/volumes/app-wiki/data ${5 * 2 ** 20}`,
      // Its file is missing, which is said.
      `grow /run/guildnet/volumes/app-lost/data ${5 * 2 ** 20}`,
    ]);
    // One that is large enough already, and a folder, which always is.
    const saying = (namespace: string, storage: string) => [
      `/api/v1/namespaces/${namespace}/persistentvolumeclaims/home/status {"status":{"capacity":{"storage":"${storage}"}}}`,
      `/api/v1/persistentvolumes/pv-of-${namespace} {"spec":{"capacity":{"storage":"${storage}"}}}`,
    ];
    expect(grown).toEqual([...saying("ws-bob", "10M"), ...saying("ws-eve", "2Gi")]);
  });
});

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { policySpec } from "../kube/network-policy.ts";
import { record } from "../testing/record.ts";
import { sizeOf } from "../workspace/presets.ts";
import { limitRangeSpec, quotaSpec } from "../workspace/quota.ts";
import { Backup } from "./backup.ts";
import type { BackupArgs } from "./backup.ts";
import { keyId, repositoryPassword, signInPassword, userLine } from "./key.ts";
import { toTarget } from "./reach.ts";
import { filesEnvironment, reachOf, repositoryFiles, restTarget, s3Target, withUser } from "./repository.ts";
import type { BackupRepository } from "./repository.ts";
import { BackupServer } from "./server.ts";
import { roomFor } from "./size.ts";

const key = "a-key-of-the-guild";

describe("the passwords that are made of the key", () => {
  test("stay the same, and differ with owner, purpose and key", () => {
    expect(repositoryPassword(key, "ws-ada")).toBe(repositoryPassword(key, "ws-ada"));
    const all = [
      repositoryPassword(key, "ws-ada"),
      repositoryPassword(key, "ws-bob"),
      signInPassword(key, "ws-ada"),
      repositoryPassword("another", "ws-ada"),
      keyId(key),
      keyId("another"),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(Buffer.from(repositoryPassword(key, "ws-ada"), "base64url")).toHaveLength(32);
    expect(keyId(key)).toMatch(/^[0-9a-f]{8}$/);
  });

  test("are told to the server as it reads them", () => {
    expect(userLine("ws-ada", "password")).toBe("ws-ada:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=");
  });
});

describe("a repository", () => {
  const filesOf = async (repository: BackupRepository) => {
    let files: Record<string, string> = {};
    await record(async () => {
      files = await new Promise((resolve) => void repositoryFiles(repository).apply(resolve));
    });
    return files;
  };

  test("in a bucket has its credentials in a file of their own", async () => {
    const repository = s3Target({
      endpoint: "https://s3.example.org/",
      bucket: "guild",
      prefix: "lab",
      key,
      credentials: { accessKey: "A", secretKey: "S", region: "eu" },
    }).repository("ws-ada");
    expect(await filesOf(repository)).toEqual({
      repository: `s3:https://s3.example.org/guild/lab/ws-ada/${keyId(key)}`,
      password: repositoryPassword(key, "ws-ada"),
      "s3-credentials": "[default]\naws_access_key_id=A\naws_secret_access_key=S\n",
    });
    expect(filesEnvironment(repository, "/secret")).toEqual({
      RESTIC_REPOSITORY_FILE: "/secret/repository",
      RESTIC_PASSWORD_FILE: "/secret/password",
      AWS_SHARED_CREDENTIALS_FILE: "/secret/s3-credentials",
      AWS_DEFAULT_REGION: "eu",
    });
  });

  test("at a server elsewhere is signed in at by its address, which is in a file", async () => {
    const repository = restTarget({
      url: "https://backup.example.org:8000/lab/",
      user: "guild",
      password: "a/b",
      caCertificate: "PEM",
      key,
    }).repository("ws-ada");
    expect(await filesOf(repository)).toMatchObject({
      repository: `rest:https://guild:a%2Fb@backup.example.org:8000/lab/ws-ada/${keyId(key)}/`,
      "ca.crt": "PEM",
    });
    expect(withUser("https://backup.example.org/")).toBe("https://backup.example.org");
  });

  test("is let out to, and to nothing else but names", () => {
    expect(reachOf("https://192.0.2.7:9000")).toEqual({ address: "192.0.2.7", port: 9000 });
    expect(reachOf("http://s3.example.org")).toEqual({ address: undefined, port: 80 });
    expect(policySpec(toTarget({ address: "192.0.2.7", port: 9000 }))).toMatchObject({
      podSelector: { matchLabels: { "app.kubernetes.io/name": "backup" } },
      policyTypes: ["Egress"],
      egress: [
        { ports: expect.arrayContaining([{ protocol: "UDP", port: 53 }]) },
        { to: [{ ipBlock: { cidr: "192.0.2.7/32" } }], ports: [{ protocol: "TCP", port: 9000 }] },
      ],
    });
    expect(policySpec(toTarget({ port: 443 })).egress).toMatchObject([
      {},
      { to: [{ ipBlock: { cidr: "0.0.0.0/0" } }], ports: [{ port: 443 }] },
    ]);
  });
});

interface CronJob {
  schedule: string;
  suspend?: boolean;
  startingDeadlineSeconds: number;
  concurrencyPolicy: string;
  jobTemplate: { spec: { backoffLimit: number; template: { spec: Pod } } };
}
interface Pod {
  securityContext: object;
  automountServiceAccountToken: boolean;
  affinity: object;
  initContainers?: Container[];
  containers: Container[];
  volumes: { name: string }[];
}
interface Container {
  args: string[];
  command: string[];
  image: string;
  env: { name: string; value: string }[];
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
}

async function jobs(args: Partial<BackupArgs> = {}) {
  const all = await record(
    () =>
      new Backup(
        "it",
        {
          volume: { namespace: "ws-ada", claim: "home", user: 1000, workload: "workspace" },
          repository: { url: "rest:https://example.org/", password: "p", reach: { port: 443 } },
          ...args,
        },
        { provider: new k8s.Provider("outer") },
      ),
  );
  const spec = (name: string) => all.find((resource) => resource.name === name)?.inputs["spec"] as CronJob;
  return { backup: spec("it-job"), restore: spec("it-restore") };
}

describe("a volume's jobs", () => {
  test("run as the owner of its files, beside its pod, without a token", async () => {
    for (const { jobTemplate } of Object.values(await jobs())) {
      expect(jobTemplate.spec.template.spec).toMatchObject({
        securityContext: { runAsUser: 1000, runAsNonRoot: true, fsGroup: 1000 },
        automountServiceAccountToken: false,
      });
      expect(JSON.stringify(jobTemplate.spec.template.spec.affinity)).toContain('"app.kubernetes.io/name":"workspace"');
    }
  });

  test("read the volume to back it up, and write to it to restore it, which never happens by itself", async () => {
    const { backup, restore } = await jobs();
    const mount = ({ jobTemplate }: CronJob) => jobTemplate.spec.template.spec.containers[0]?.volumeMounts[0];
    expect(mount(backup)).toEqual({ name: "volume", mountPath: "/volume", readOnly: true });
    expect(mount(restore)).toEqual({ name: "volume", mountPath: "/volume" });
    expect([backup.suspend, restore.suspend]).toEqual([false, true]);
    // Resumed by mistake, it makes up for no night that it missed.
    expect(restore.startingDeadlineSeconds).toBe(60);
    expect([backup.concurrencyPolicy, restore.concurrencyPolicy]).toEqual(["Forbid", "Forbid"]);
  });

  test("say whose the volume is, and take the room that they are given", async () => {
    const { backup, restore } = await jobs({ owner: "ada", room: { memory: "2Gi", cache: "8Gi" } });
    for (const { jobTemplate } of [backup, restore]) {
      const { containers, volumes } = jobTemplate.spec.template.spec;
      expect(containers[0]).toMatchObject({
        env: expect.arrayContaining([{ name: "OWNER", value: "ada" }]),
        resources: { limits: { memory: "2Gi", "ephemeral-storage": "9Gi" }, requests: { memory: "128Mi" } },
      });
      expect(volumes).toContainEqual({ name: "tmp", emptyDir: { sizeLimit: "8Gi" } });
    }
    const [plain] = (await jobs()).backup.jobTemplate.spec.template.spec.containers;
    expect(plain).toMatchObject({ resources: { limits: { memory: "512Mi", "ephemeral-storage": "2Gi" } } });
    expect(plain?.env.map(({ name }) => name)).not.toContain("OWNER");
    const size = sizeOf("small", { memory: "256Mi" }),
      room = { memory: "2Gi", cache: "8Gi" };
    expect(quotaSpec(size, { beside: roomFor(room) }).hard).toMatchObject({ "limits.memory": "2560Mi" });
    expect(limitRangeSpec(size, { beside: roomFor(room) }).limits).toMatchObject([{ max: { memory: "2Gi" } }]);
  });

  test("keep as many snapshots as they are told", async () => {
    const { backup } = await jobs({ schedule: "0 4 * * *", keep: { daily: 2, weekly: 0 } });
    expect(backup.schedule).toBe("0 4 * * *");
    expect(backup.jobTemplate.spec.template.spec.containers[0]?.args).toEqual([
      "--keep-last",
      "3",
      "--keep-daily",
      "2",
      "--keep-monthly",
      "12",
    ]);
  });

  test("back up a copy where databases are in use", async () => {
    const { backup, restore } = await jobs({
      volume: {
        namespace: "guildnet-mesh",
        claim: "headscale",
        user: 1000,
        workload: "headscale",
        databases: { image: "example.org/portal:1" },
      },
    });
    const { initContainers = [], containers } = backup.jobTemplate.spec.template.spec;
    expect(initContainers.map(({ image, command }) => ({ image, command }))).toEqual([
      { image: "example.org/portal:1", command: ["node", "volume-copy.mjs", "/source", "/volume"] },
    ]);
    expect(containers[0]?.volumeMounts[0]).toEqual({ name: "copy", mountPath: "/volume", readOnly: true });
    expect(restore.jobTemplate.spec.template.spec.initContainers).toBeUndefined();
  });

  test("have room in a workspace's namespace, however small that is, and take none where there is no backup", () => {
    const size = sizeOf("small", { cpu: "500m", memory: "256Mi" });
    expect(quotaSpec(size, { beside: roomFor(true) }).hard).toMatchObject({
      pods: "3",
      "limits.cpu": "2",
      "limits.memory": "1Gi",
      "requests.cpu": "50m",
      "requests.memory": "640Mi",
    });
    expect(limitRangeSpec(size, { beside: roomFor(true) }).limits).toMatchObject([
      { max: { cpu: "1", memory: "512Mi" }, default: { cpu: "500m", memory: "256Mi" } },
    ]);
    expect(quotaSpec(size).hard).toMatchObject({ pods: "2", "limits.cpu": "1000m", "limits.memory": "512Mi" });
    expect(limitRangeSpec(size).limits).toMatchObject([{ max: { cpu: "500m", memory: "256Mi" } }]);
  });
});

test("jobs explain the user they run as where it may be one of the node's", async () => {
  const annotations = async (user: number) => {
    const all = await record(
      () =>
        new Backup(
          "it",
          {
            volume: { namespace: "it", claim: "data", user, workload: "app" },
            repository: { url: "rest:https://example.org/", password: "p", reach: { port: 443 } },
          },
          { provider: new k8s.Provider("outer") },
        ),
    );
    return all
      .filter(({ type }) => type.endsWith(":CronJob"))
      .map(({ inputs }) =>
        Object.keys((inputs["metadata"] as { annotations: object }).annotations).filter((key) =>
          key.startsWith("accepted."),
        ),
      );
  };
  expect(await annotations(1000)).toEqual([["accepted.guildnet.io/low-user"], ["accepted.guildnet.io/low-user"]]);
  expect(await annotations(65532)).toEqual([[], []]);
});

describe("the server in the cluster", () => {
  const make = async (repositories: string[]) =>
    record(() => {
      const server = new BackupServer(
        "it",
        { key: pulumi.secret(key), repositories, authority: { certificatePem: "CA", privateKeyPem: "KEY" } },
        { provider: new k8s.Provider("outer") },
      );
      expect(() => server.repository("ws-eve")).toThrow('no repository "ws-eve"');
      expect(server.repository("ws-ada").reach).toEqual({
        app: "backup-server",
        namespace: "guildnet-backup",
        port: 8000,
      });
    });
  const inputs = async (repositories: string[], name: string) =>
    (await make(repositories)).find((resource) => resource.name === name)?.inputs;
  const version = async (repositories: string[]) =>
    ((await inputs(repositories, "it-deployment")) as { spec: { template: { metadata: { annotations: object } } } })
      .spec.template.metadata.annotations;

  test("lets each owner to its own repository alone", async () => {
    expect(await inputs(["ws-bob", "ws-ada"], "it-users")).toMatchObject({
      stringData: {
        secret: {
          htpasswd: ["ws-ada", "ws-bob"].map((name) => `${userLine(name, signInPassword(key, name))}\n`).join(""),
        },
      },
    });
    expect(JSON.stringify(await inputs(["ws-ada"], "it-deployment"))).toContain("--private-repos");
  });

  test("starts anew for another owner, and not for another order", async () => {
    expect(await version(["ws-ada", "ws-bob"])).toEqual(await version(["ws-bob", "ws-ada"]));
    expect(await version(["ws-ada"])).not.toEqual(await version(["ws-ada", "ws-bob"]));
  });
});

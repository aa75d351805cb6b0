import { existsSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { apply, clusterFolder, guildnet, kubectl, mustGuildnet, repair } from "../support/guildnet.ts";

/** No process has this number. */
const NOBODY = 2 ** 22 + 1;
const soon = { timeout: 90_000, interval: 500 };

beforeAll(async () => {
  for (const namespace of ["ws-ada", "ws-bob"])
    await kubectl("rollout", "status", "--namespace", namespace, "deploy/workspace", "--timeout", "90s");
});

describe("backups", () => {
  test("are there once one was made, and not before", async () => {
    expect(await mustGuildnet("restore", ["ada", "--list"])).toContain("There is no backup of ada yet.");
    expect((await guildnet("restore", ["ada"])).all).toContain("There is no backup of ada yet.");
  });

  test("bring a home back that was deleted, with owners and modes", async () => {
    await inHome(
      "mkdir -p papers/locked && echo precious > papers/first && chmod 640 papers/first && ln -s first papers/link && echo x > papers/locked/file && chmod 555 papers/locked",
    );
    await mustGuildnet("backup", ["ada"]);
    const before = await inHome(facts);
    await loseHome();
    expect(await inHome("ls")).not.toContain("papers");

    expect(await mustGuildnet("restore", ["ada"])).toContain("ada is as it was.");
    expect(await inHome(facts)).toBe(before);
    expect(before).toContain("640 1000:1000 papers/first");
    expect(await inHome("cat papers/link")).toBe("precious");
  });

  test("lose nothing of what a restore finds, and are chosen by id", async () => {
    const first = await newest();
    await inHome("echo changed > papers/first && echo x > closed && chmod 000 closed");
    expect(await mustGuildnet("backup", ["ada"])).toMatch(
      /The backup of ada lacks what could not be read:\n.*closed: permission denied/,
    );
    expect(await mustGuildnet("status")).toMatch(
      /✔ +backup ada +cluster +\d{4}-.*without what could not be read: .*closed/,
    );
    await inHome("rm -f closed");
    expect(await newest()).not.toBe(first);
    await inHome("echo unsaved > papers/first");
    await mustGuildnet("restore", ["ada", "--snapshot", first]);
    expect(await inHome("cat papers/first")).toBe("precious");
    expect(await inHome("cat .before-restore-*/papers/first | sort -u")).toContain("unsaved");
    const { exitCode, all } = await guildnet("restore", ["ada", "--snapshot", "0123456789"]);
    expect(exitCode).toBe(1);
    expect(all).toContain("There is no backup 0123456789 of ada. There are:");
  });

  test("are closed to everybody but their owner", async () => {
    await mustGuildnet("backup", ["bob"]);
    const [asBob, asAda] = await Promise.all([asked("ws-bob", "bob"), asked("ws-ada", "ada")]);
    expect(asBob).toContain("401");
    expect(asAda).toContain('"hostname":"ada"');
  });

  test("that fail say so, until the next that does not", async () => {
    await kubectl("scale", "deployment", "backup-server", "--namespace", "guildnet-backup", "--replicas", "0");
    await kubectl(
      "patch",
      "cronjob",
      "backup",
      "--namespace",
      "ws-ada",
      "--type",
      "json",
      "--patch",
      JSON.stringify([{ op: "replace", path: "/spec/jobTemplate/spec/activeDeadlineSeconds", value: 5 }]),
    );
    const { exitCode, all } = await guildnet("backup", ["ada"]);
    expect(exitCode).toBe(1);
    expect(all).toMatch(/The job backup-now-\w+ failed: .*active longer than specified deadline/);
    const failed = await guildnet("status");
    expect(failed.exitCode).toBe(1);
    expect(failed.all).toMatch(/✖ +backup ada +cluster +failed \d{4}-/);
  });

  test("go on after an `up`, and so does the workspace of a restore whose command was killed", async () => {
    const workspace = ["deployment", "workspace", "--namespace", "ws-ada"],
      backups = ["cronjob", "backup", "--namespace", "ws-ada"];
    await kubectl("annotate", ...workspace, "guildnet.io/replicas-before-restore=1");
    await kubectl("scale", ...workspace, "--replicas", "0");
    await kubectl("annotate", ...backups, `guildnet.io/suspended-by=${NOBODY}@${hostname()}`);
    await kubectl("patch", ...backups, "--patch", JSON.stringify({ spec: { suspend: true } }));
    expect((await guildnet("status")).all).toMatch(
      /✖ +backup ada +cluster +suspended by a restore that was killed; `npm run up` puts that right/,
    );

    const told = await mustGuildnet("up");
    expect(told).toContain("A restore of ada was killed. What it had stopped is started again");
    expect(told).toContain("CronJob ws-ada/backup: differs in spec.jobTemplate");
    await kubectl("rollout", "status", ...workspace, "--timeout", "90s");
    await mustGuildnet("backup", ["ada"]);
    expect(await mustGuildnet("status")).toMatch(/✔ +backup ada +cluster +\d{4}-/);
  });
});

/** What is at the paths a backup has to keep. */
const facts = "find papers -exec stat -c '%a %u:%g %n' {} + | sort";

function inHome(script: string): Promise<string> {
  return kubectl("exec", "--namespace", "ws-ada", "deploy/workspace", "--", "sh", "-c", `cd && ${script}`);
}

/** Deletes claim, volume and the very files, and lets the stack make an empty one. */
async function loseHome(): Promise<void> {
  const volume = await kubectl(
    "get",
    "pvc",
    "home",
    "--namespace",
    "ws-ada",
    "--output",
    "jsonpath={.spec.volumeName}",
  );
  await kubectl("scale", "deployment", "workspace", "--namespace", "ws-ada", "--replicas", "0");
  // A claim stays for as long as a pod that had it is there, also one that has ended.
  await kubectl("delete", "jobs", "--all", "--namespace", "ws-ada", "--timeout", "90s");
  await kubectl("delete", "pvc", "home", "--namespace", "ws-ada", "--timeout", "90s");
  await kubectl("delete", "pv", volume, "--timeout", "90s");
  const files = join(clusterFolder, "volumes/ws-ada/home");
  expect(existsSync(files)).toBe(true);
  rmSync(files, { recursive: true });
  await repair("ada-home");
  await kubectl("scale", "deployment", "workspace", "--namespace", "ws-ada", "--replicas", "1");
  await kubectl("rollout", "status", "--namespace", "ws-ada", "deploy/workspace", "--timeout", "90s");
}

async function newest(): Promise<string> {
  return /^(\w{8}) {2}\d{4}-/m.exec(await mustGuildnet("restore", ["ada", "--list"]))?.[1] ?? "none";
}

/** What the server answers to somebody's credentials who asks for ada's snapshots, in the words of restic. */
async function asked(namespace: string, who: string): Promise<string> {
  const name = `ask-as-${who}`;
  const secret = async (of: string) =>
    JSON.parse(await kubectl("get", "secret", "backup-repository", "--namespace", of, "--output", "json")) as {
      data: Record<string, string>;
    };
  const text = (of: { data: Record<string, string> }, key: string) =>
    Buffer.from(of.data[key] ?? "", "base64").toString();
  const [ada, own] = [await secret("ws-ada"), await secret(namespace)];
  // One's own name and password at ada's address, and even ada's password to what is in it.
  const signIn = /^rest:https:\/\/[^@]+@/.exec(text(own, "repository"))?.[0] ?? "";
  const repository = text(ada, "repository").replace(/^rest:https:\/\/[^@]+@/, signIn);
  const { stderr } = await apply({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace },
    stringData: { ...Object.fromEntries(["password", "ca.crt"].map((key) => [key, text(ada, key)])), repository },
  });
  expect(stderr).toBe("");
  const template = JSON.parse(
    await kubectl(
      "create",
      "job",
      name,
      "--namespace",
      namespace,
      "--from",
      "cronjob/restore",
      "--dry-run=client",
      "--output",
      "json",
    ),
  ) as {
    spec: {
      template: {
        spec: {
          volumes: { name: string; secret?: { secretName: string } }[];
          containers: { env: { name: string; value: string }[] }[];
        };
      };
    };
  };
  const pod = template.spec.template.spec;
  for (const volume of pod.volumes) if (volume.secret) volume.secret.secretName = name;
  for (const variable of pod.containers[0]?.env ?? []) if (variable.name === "ACTION") variable.value = "list";
  expect((await apply(template)).stderr).toBe("");
  await vi.waitFor(
    async () =>
      expect(
        await kubectl(
          "get",
          "job",
          name,
          "--namespace",
          namespace,
          "--output",
          "jsonpath={.status.conditions[*].type}",
        ),
      ).toMatch(/Complete|Failed/),
    soon,
  );
  const said = await kubectl("logs", "--namespace", namespace, `job/${name}`);
  await kubectl("delete", "job,secret", name, "--namespace", namespace);
  return said;
}

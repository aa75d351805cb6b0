import { execa, type Result } from "execa";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { WORKSPACE_USER } from "../../components/workspace/deployment.ts";
import { scratchFolder } from "../testing/scratch.ts";
import { checkVolumeFiles, volumeFiles, volumeFilesInUse } from "./volume-devices.ts";
import { reservedBytes, volumeFile } from "./volume-file.ts";

const MIB = 1024 ** 2;
const HOME = "/run/guildnet/volumes/ws-ada/home",
  DATA = "/run/guildnet/volumes/app-wiki/data";

/** The mounts of a node, and nothing else of it. */
const mounts = `
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/guildnet
mount --bind "$1" /run/guildnet
mount --make-rshared /
echo ready
exec sleep 600
`;

interface Node {
  /** As the machine sees it. */
  readonly folder: string;
  readonly pid: number;
  run(command: string, ...args: string[]): Promise<Result>;
  volume(...args: string[]): Promise<Result>;
  /** The first process is killed, as by `down` and by a power cut. */
  kill(): Promise<void>;
}

async function node(folder = scratchFolder()): Promise<Node> {
  mkdirSync(join(folder, "volumes"), { recursive: true });
  copyFileSync(join(import.meta.dirname, "scripts", "volume"), join(folder, "volume"));
  const init = execa("unshare", ["--mount", "sh", "-ec", mounts, "sh", folder], { reject: false, buffer: false });
  await once(init.stdout, "data");
  const run: Node["run"] = (command, ...args) =>
    execa("nsenter", ["--target", String(init.pid), "--mount", "--", command, ...args], { reject: false, all: true });
  const kill = async () => {
    init.kill("SIGKILL");
    await init;
  };
  onTestFinished(async () => {
    await kill();
    await letGo(folder);
  });
  return { folder, pid: init.pid!, run, kill, volume: (...args) => run("/bin/bash", "/run/guildnet/volume", ...args) };
}

async function letGo(folder: string): Promise<void> {
  await vi.waitFor(async () => expect(await volumeFilesInUse(folder)).toEqual([]), { timeout: 30_000 });
}

async function must(running: Promise<Result>): Promise<string> {
  const { exitCode, all } = await running;
  expect(exitCode, String(all)).toBe(0);
  return String(all);
}

/** Bytes that whoever writes there can have, in all. */
async function room(on: Node, folder: string): Promise<number> {
  return Number((await must(on.run("df", "--output=avail", "--block-size=1", folder))).split("\n").at(-1));
}

async function write(on: Node, file: string, mib: number): Promise<Result> {
  return on.run("dd", "if=/dev/zero", `of=${file}`, "bs=1M", `count=${mib}`, "conv=fsync");
}

describe.runIf(process.getuid?.() === 0)("a volume that has a size of its own", () => {
  test("holds all that was asked for and not much more, set aside at once, and a neighbour's is left alone", async () => {
    const on = await node();
    await must(on.volume("make", HOME, String(64 * MIB)));
    await must(on.volume("make", DATA, String(64 * MIB)));
    expect(await room(on, HOME)).toBeGreaterThanOrEqual(64 * MIB);
    expect(await room(on, HOME)).toBeLessThan(104 * MIB);
    const file = volumeFile(join(on.folder, "volumes/ws-ada/home"));
    expect(statSync(file).size).toBe(reservedBytes(64 * MIB));
    expect(statSync(file).blocks * 512).toBeGreaterThanOrEqual(statSync(file).size);
    const { exitCode, all } = await write(on, `${HOME}/big`, 128);
    expect(exitCode).not.toBe(0);
    expect(all).toContain("No space left on device");
    await must(write(on, `${DATA}/big`, 60));
    expect(statSync(file).blocks * 512).toBeGreaterThanOrEqual(statSync(file).size);
  });

  test("is its person's, or whoever's it is mounted for, and unmounted nobody's", async () => {
    const on = await node();
    for (const folder of [HOME, DATA]) await must(on.volume("make", folder, String(MIB)));
    expect(await must(on.run("stat", "--format=%u %g %a", HOME, DATA))).toBe(
      `${WORKSPACE_USER} ${WORKSPACE_USER} 700\n0 0 777`,
    );
    expect(await must(on.run("ls", "--almost-all", HOME))).toBe("");
    expect(statSync(join(on.folder, "volumes/ws-ada/home"))).toMatchObject({ uid: 0, mode: 0o40000 });
    expect(statSync(volumeFile(join(on.folder, "volumes/ws-ada/home"))).mode & 0o777).toBe(0o600);
  });

  test("is found again with its files after the node was cut off, by its next start and by a claim of its name", async () => {
    const first = await node();
    await must(first.volume("make", HOME, String(MIB)));
    await must(first.run("sh", "-c", `echo kept >${HOME}/note; chmod 750 ${HOME}`));
    await first.kill();
    const next = await node(first.folder);
    await must(next.volume("mount-all"));
    await must(next.volume("make", HOME, String(MIB)));
    expect(await must(next.run("cat", `${HOME}/note`))).toBe("kept");
    expect(await must(next.run("stat", "--format=%u %a", HOME))).toBe(`${WORKSPACE_USER} 750`);
  });

  test("whose making was cut off is made, not taken for one", async () => {
    const on = await node();
    mkdirSync(join(on.folder, "volumes/ws-ada"));
    writeFileSync(`${volumeFile(join(on.folder, "volumes/ws-ada/home"))}.new`, "half");
    await must(on.volume("mount-all"));
    await must(on.volume("make", HOME, String(MIB)));
    expect(readdirSync(join(on.folder, "volumes/ws-ada")).sort()).toEqual([".home.ext4", "home"]);
    expect(await room(on, HOME)).toBeGreaterThanOrEqual(MIB);
  });

  test("grows, at the latest when it is mounted next, with its files", async () => {
    const first = await node();
    await must(first.volume("make", HOME, String(32 * MIB)));
    await must(first.run("sh", "-c", `echo kept >${HOME}/note`));
    await must(first.volume("grow", HOME, String(128 * MIB)));
    await first.kill();
    const next = await node(first.folder);
    await must(next.volume("mount-all"));
    expect(await room(next, HOME)).toBeGreaterThanOrEqual(128 * MIB);
    expect(await must(next.run("ls", "--almost-all", HOME))).toBe("note");
    await must(next.volume("grow", HOME, String(32 * MIB)));
    expect(await room(next, HOME)).toBeGreaterThanOrEqual(128 * MIB);
  });

  test("is refused where the disk has no room for it, and grows no further than that", async () => {
    const on = await node(),
      far = String(1024 ** 5);
    expect(await on.volume("make", DATA, far)).toMatchObject({
      exitCode: 1,
      all: expect.stringContaining("the disk has no room for"),
    });
    expect(existsSync(join(on.folder, "volumes/app-wiki"))).toBe(false);
    await must(on.volume("make", HOME, String(MIB)));
    expect(await must(on.volume("grow", HOME, far))).toContain("the disk has no room for");
    expect(await room(on, HOME)).toBeLessThan(64 * MIB);
  });

  test("goes with all that it took, also where something has a mount of it left", async () => {
    const on = await node();
    await must(on.volume("make", HOME, String(MIB)));
    const uplink = execa(
      "nsenter",
      [
        "--target",
        String(on.pid),
        "--mount",
        "--",
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        "echo ready; exec sleep 600",
      ],
      { reject: false, buffer: false },
    );
    onTestFinished(() => void uplink.kill());
    await once(uplink.stdout, "data");
    const { ino } = statSync(volumeFile(join(on.folder, "volumes/ws-ada/home")));
    await must(on.volume("remove", HOME));
    expect(readdirSync(join(on.folder, "volumes/ws-ada"))).toEqual([]);
    await vi.waitFor(
      async () =>
        expect(
          (await execa("losetup", ["--list", "--noheadings", "--output", "BACK-INO"])).stdout.split(/\s+/),
        ).not.toContain(String(ino)),
      { timeout: 30_000 },
    );
  });

  test("is mounted by one node at a time", async () => {
    const first = await node();
    await must(first.volume("make", HOME, String(MIB)));
    expect(await volumeFilesInUse(first.folder)).toHaveLength(1);
    const second = await node(first.folder);
    const mounting = second.volume("mount-all");
    await first.kill();
    expect(await must(mounting)).not.toContain("is not mounted");
    expect(await volumeFilesInUse(first.folder)).toHaveLength(1);
  });

  test("that is damaged keeps no other from its person", async () => {
    const first = await node();
    for (const folder of [HOME, DATA]) await must(first.volume("make", folder, String(MIB)));
    await first.kill();
    await letGo(first.folder);
    writeFileSync(volumeFile(join(first.folder, "volumes/app-wiki/data")), "no file system");
    const next = await node(first.folder);
    expect(await must(next.volume("mount-all"))).toContain("data of /run/guildnet/volumes/app-wiki is not mounted");
    await must(next.run("mountpoint", HOME));
  });

  test("that was cut short is not made whole with zeros, and its file is left as it is", async () => {
    const first = await node();
    await must(first.volume("make", HOME, String(MIB)));
    await first.kill();
    await letGo(first.folder);
    const file = volumeFile(join(first.folder, "volumes/ws-ada/home"));
    truncateSync(file, 48 * MIB);
    const next = await node(first.folder);
    expect(await next.volume("grow", HOME, String(MIB))).toMatchObject({
      exitCode: 1,
      all: expect.stringContaining("is damaged"),
    });
    expect(await next.volume("make", HOME, String(MIB))).toMatchObject({
      exitCode: 1,
      all: expect.stringContaining("is damaged"),
    });
    expect(statSync(file).size).toBe(48 * MIB);
  });

  test("whose file is missing is no folder meanwhile, and is back with the file", async () => {
    const first = await node();
    await must(first.volume("make", HOME, String(MIB)));
    await must(first.run("sh", "-c", `echo kept >${HOME}/note`));
    await first.kill();
    await letGo(first.folder);
    const file = volumeFile(join(first.folder, "volumes/ws-ada/home"));
    renameSync(file, `${file}.away`);
    const next = await node(first.folder);
    for (const command of ["make", "grow"])
      expect(await next.volume(command, HOME, String(MIB))).toMatchObject({
        exitCode: 1,
        all: expect.stringContaining(".home.ext4 is missing: put it back"),
      });
    renameSync(`${file}.away`, file);
    await must(next.volume("make", HOME, String(MIB)));
    expect(await must(next.run("cat", `${HOME}/note`))).toBe("kept");
  });

  test("whose removal was cut off has its file still, and goes with the next", async () => {
    const on = await node();
    await must(on.volume("make", HOME, String(MIB)));
    // Its folder can't be removed, as by one that was killed before it was.
    await must(on.run("mount", "-t", "tmpfs", "tmpfs", HOME));
    expect(await on.volume("remove", HOME)).not.toMatchObject({ exitCode: 0 });
    expect(volumeFiles(on.folder)).toHaveLength(1);
    await must(on.volume("remove", HOME));
    expect(readdirSync(join(on.folder, "volumes/ws-ada"))).toEqual([]);
  });

  test("is none of a folder that is there already, with or without files", async () => {
    const on = await node();
    mkdirSync(join(on.folder, "volumes/ws-ada/home"), { recursive: true });
    writeFileSync(join(on.folder, "volumes/ws-ada/home/note"), "kept");
    expect(await must(on.volume("make", HOME, String(MIB)))).toContain("stays a folder");
    expect(volumeFiles(on.folder)).toEqual([]);
    expect(readFileSync(join(on.folder, "volumes/ws-ada/home/note"), "utf8")).toBe("kept");
  });

  test("is nothing outside of the volumes' folder", async () => {
    const on = await node();
    for (const folder of [
      "/run/guildnet/volumes/../x/y",
      "/etc/ssl/certs",
      "/run/guildnet/volumes/ws-ada",
      "/run/guildnet/volumes/ws-ada/..",
      "/run/guildnet/volumes/./ws-ada",
      "/run/guildnet/volumes/ws-ada/home/x",
    ]) {
      expect(await on.volume("remove", folder), folder).toMatchObject({
        exitCode: 1,
        all: expect.stringContaining("is no volume's folder"),
      });
    }
  });

  test("can be had on this machine, and the trial leaves nothing", async () => {
    const folder = scratchFolder();
    await checkVolumeFiles(folder);
    expect(readdirSync(folder)).toEqual([]);
  });
});

import { execa, type ResultPromise } from "execa";
import { closeSync, existsSync, openSync, readdirSync, writeFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rename, rm, symlink, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import waitFor from "p-wait-for";

/** Where a box finds whoever stands for the internet; an address of QEMU's user network that nobody has. */
export const upstreamAddress = "10.0.2.100";
/** The name server of that network, which asks this machine's. */
const resolver = "10.0.2.3";
const certificates = "/etc/ssl/certs/ca-certificates.crt";
/** Without two features that have kernel and C library copy and clear by the byte, which is fast in a processor and slow in an emulated one. */
const processor = "max,-erms,-fsrm";
/** Settings of a kernel that has no real processor to distrust, and whose fastest clock is right though it can't tell. */
const forEmulation = ["mitigations=off", "init_on_alloc=0", "tsc=reliable", "clocksource=tsc"];
/** What a box has of Debian's beside the smallest system: systemd, a kernel, a way in. */
const packages = [
  "systemd-sysv",
  "udev",
  "dbus",
  "linux-image-cloud-amd64",
  "ca-certificates",
  "iproute2",
  "openssh-server",
  "procps",
  "kmod",
  "xz-utils",
];

export interface BoxOptions {
  /** Port of this machine's loopback that leads to the box' SSH. */
  readonly sshPort: number;
  /** Port of this machine's loopback that answers as the internet. */
  readonly upstreamPort: number;
  /** PEM of an authority that the box trusts beside those of this machine. */
  readonly authority: string;
  /** Names that the box finds at its upstream. */
  readonly upstreamHosts: readonly string[];
  /** Puts more into the root folder of its disk before it is started: over the network of an emulated machine it takes minutes. */
  readonly furnish: (root: string) => Promise<void>;
}

/**
 * A Debian 12 machine, emulated in full by QEMU: its own kernel, systemd, cgroups of version 2, and of
 * what GuildNet needs nothing but Node and a file tree.
 */
export class Box {
  readonly #folder: string;
  readonly #options: BoxOptions;
  #machine: ResultPromise | undefined;

  private constructor(folder: string, options: BoxOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  /** Makes the disk of a new machine, and starts it. Its base is made once and kept in the folder `cache`. */
  static async start(options: BoxOptions, cache: string): Promise<Box> {
    const folder = await mkdtemp(join(tmpdir(), "guildnet-box-")),
      box = new Box(folder, options);
    await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "key")]);
    await furnish(folder, await baseOf(cache), options);
    await box.#boot();
    return box;
  }

  /** Runs a command of a shell as root, and gives what it printed. */
  async run(command: string): Promise<string> {
    return (await this.#ssh([command])).stdout;
  }

  /** Whether a command ends well. */
  async succeeds(command: string): Promise<boolean> {
    return (await this.#ssh([command], false)).exitCode === 0;
  }

  /** Shuts the machine down in order, and starts it again. */
  async reboot(): Promise<void> {
    await this.#ssh(["systemctl poweroff"], false);
    await this.#machine;
    await this.#boot();
  }

  /** Ends the machine and removes its disk. */
  async remove(): Promise<void> {
    this.#machine?.kill("SIGKILL");
    await this.#machine;
    await rm(this.#folder, { recursive: true });
  }

  async #boot(): Promise<void> {
    const { sshPort, upstreamPort } = this.#options,
      file = (name: string): string => join(this.#folder, name),
      boot = join(this.#folder, "boot");
    const kernel = (prefix: string): string =>
      join(boot, readdirSync(boot).find((name) => name.startsWith(prefix)) ?? prefix);
    const network = `user,id=network,hostfwd=tcp:127.0.0.1:${sshPort}-:22,guestfwd=tcp:${upstreamAddress}:443-cmd:socat - TCP:127.0.0.1:${upstreamPort}`;
    this.#machine = execa(
      "qemu-system-x86_64",
      [
        "-accel",
        "tcg,thread=multi,tb-size=2048",
        "-cpu",
        processor,
        "-smp",
        "2",
        "-m",
        "6144",
        "-display",
        "none",
        "-monitor",
        "none",
        "-serial",
        `file:${file("console")}`,
        "-kernel",
        kernel("vmlinuz"),
        "-initrd",
        kernel("initrd"),
        "-append",
        ["root=/dev/vda", "rw", "console=ttyS0", "quiet", "net.ifnames=0", ...forEmulation].join(" "),
        "-drive",
        `file=${file("disk")},format=raw,if=virtio,cache=unsafe,discard=unmap`,
        "-netdev",
        network,
        "-device",
        "virtio-net-pci,netdev=network",
      ],
      { reject: false, stdin: "ignore", buffer: false },
    );
    let ended = false;
    this.#machine.then(
      () => (ended = true),
      () => (ended = true),
    );
    await waitFor(async () => ended || (await this.succeeds("true")), {
      interval: 1000,
      timeout: {
        milliseconds: 300_000,
        message: `the emulated machine does not answer; its console is ${file("console")}`,
      },
    });
    if (ended) throw new Error(`the emulated machine ended while it started; its console is ${file("console")}`);
  }

  get #login(): string[] {
    return [
      "-q",
      "-i",
      join(this.#folder, "key"),
      "-p",
      String(this.#options.sshPort),
      "-o",
      "StrictHostKeyChecking=no",
      "-o",
      "UserKnownHostsFile=/dev/null",
      "-o",
      "ConnectTimeout=10",
      "root@127.0.0.1",
    ];
  }

  #ssh(command: readonly string[], reject = true) {
    return execa("ssh", [...this.#login, ...command], { reject, stdin: "ignore" });
  }
}

/** The smallest Debian with what a machine needs to start, as an archive. */
async function baseOf(cache: string): Promise<string> {
  const archive = join(cache, "debian-12.tar");
  if (existsSync(archive)) return archive;
  await mkdir(cache, { recursive: true });
  const suites = ["bookworm main", "bookworm-updates main"].map((suite) => `deb http://deb.debian.org/debian ${suite}`);
  await execa("mmdebstrap", [
    "--format=tar",
    "--variant=minbase",
    `--include=${packages.join(",")}`,
    "bookworm",
    `${archive}.new`,
    ...suites,
    "deb http://deb.debian.org/debian-security bookworm-security main",
  ]);
  await rename(`${archive}.new`, archive);
  return archive;
}

/** Fills the folder with the machine's disk, and with its kernel, which QEMU loads itself. */
async function furnish(
  folder: string,
  base: string,
  { authority, upstreamHosts, furnish: more }: BoxOptions,
): Promise<void> {
  const root = join(folder, "root"),
    file = async (path: string, content: string): Promise<void> => {
      await mkdir(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    };
  await mkdir(root);
  await execa("tar", ["-xf", base, "-C", root, "--exclude=./dev/*"]);
  await cp(join(folder, "key.pub"), join(root, "root/.ssh/authorized_keys"), { recursive: true });
  await file("etc/hostname", "box\n");
  await file("etc/hosts", `127.0.0.1 localhost box\n${upstreamAddress} ${upstreamHosts.join(" ")}\n`);
  await file("etc/resolv.conf", `nameserver ${resolver}\n`);
  await file("etc/fstab", "/dev/vda / ext4 rw 0 1\n");
  await file("etc/systemd/network/10-eth.network", "[Match]\nName=eth*\n[Network]\nDHCP=yes\n");
  await symlink(
    "/lib/systemd/system/systemd-networkd.service",
    join(root, "etc/systemd/system/multi-user.target.wants/systemd-networkd.service"),
  );
  await execa("bash", ["-c", 'cat "$1" - >"$2"', "bash", certificates, join(root, certificates)], { input: authority });
  await copyNode(root);
  await more(root);
  await cp(join(root, "boot"), join(folder, "boot"), { recursive: true });
  const disk = join(folder, "disk");
  closeSync(openSync(disk, "w"));
  await truncate(disk, 40 * 1024 ** 3);
  await execa("mke2fs", ["-q", "-t", "ext4", "-d", root, disk]);
  await rm(root, { recursive: true });
}

/** This machine's own: Debian 12's is too old. */
async function copyNode(root: string): Promise<void> {
  const npm = (await execa("npm", ["root", "--global"])).stdout;
  await cp(process.execPath, join(root, "usr/local/bin/node"));
  await cp(join(npm, "npm"), join(root, "usr/local/lib/node_modules/npm"), { recursive: true, dereference: true });
  await symlink("../lib/node_modules/npm/bin/npm-cli.js", join(root, "usr/local/bin/npm"));
}

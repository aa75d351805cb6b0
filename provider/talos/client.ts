import type { ChannelCredentials } from "@grpc/grpc-js";
import type { z } from "zod";
import { ActionableError } from "../errors.ts";
import type { Progress } from "../node/toolchain.ts";
import type { TalosApi } from "./api.ts";
import { Calls } from "./calls.ts";
import { firstSeen, mutual, targetOf } from "./channel.ts";
import { failedWithin } from "./errors.ts";
import { kubeconfigIn } from "./kubeconfig.ts";
import * as messages from "./messages.ts";
import type { TalosCredentials } from "./secrets.ts";
import { atLeast } from "./version.ts";

/** Milliseconds that calls may take: those that are answered from memory, and those that move data or wait for a machine. */
const SOON = 15_000;
const LONG = 600_000;
/** An installer's image is pulled, run and checked. */
const UPGRADE = 1_800_000;
/** What Talos' own client sends of a snapshot at once. */
const PART_BYTES = 32 * 1024;
/** From here on an upgrade is asked of another service, which leaves order, quorum and draining to its caller. */
const LIFECYCLE_SINCE = "1.13.0";

/** How a config takes effect; `auto` reboots where it has to. */
export type ApplyMode = "auto" | "no-reboot" | "reboot" | "staged" | "try";

export interface TalosVersion {
  /** `v1.13.0` */
  readonly tag: string;
  /** `metal`, `container`, `cloud`; unknown of a machine without a config. */
  readonly mode: string | undefined;
}

export interface Applied {
  readonly mode: string;
  /** Talos' own words; of a dry run, what would change. */
  readonly details: string;
  readonly warnings: readonly string[];
}

export interface TalosService {
  readonly id: string;
  /** "Running", "Waiting", "Finished" … */
  readonly state: string;
  /** Undefined of services that nothing is known of yet, or that say nothing. */
  readonly healthy: boolean | undefined;
  readonly message: string;
}

export interface EtcdMember {
  /** Decimal digits: more than a number of JavaScript's holds. */
  readonly id: string;
  readonly hostname: string;
  readonly peerUrls: readonly string[];
  /** Learners have no vote yet. */
  readonly isLearner: boolean;
}

/** Whether the machine reboots by itself into what was installed. */
export interface Installed {
  readonly reboots: boolean;
}

/** Talos' API of one machine. Failures are ActionableErrors, and Unreachable where another try may succeed. */
export class TalosClient {
  readonly #machine: Calls;
  readonly #images: Calls;
  readonly #lifecycle: Calls;
  readonly #cluster: Calls;
  readonly #target: string;

  private constructor(api: TalosApi, target: string, channel: ChannelCredentials) {
    this.#target = target;
    this.#machine = new Calls(api.machine, target, channel);
    this.#images = new Calls(api.images, target, channel);
    this.#lifecycle = new Calls(api.lifecycle, target, channel);
    this.#cluster = new Calls(api.cluster, target, channel);
  }

  /**
   * A machine of a cluster.
   *
   * @param address a name or an address, with a port where it is not 50000.
   */
  static of(api: TalosApi, address: string, credentials: TalosCredentials): TalosClient {
    const target = targetOf(address);
    return new TalosClient(api, target, mutual(credentials, target));
  }

  /**
   * A machine that has no config yet: it lets everybody in, for few calls. Whoever answers first is taken for it, unless
   * the fingerprint that its console shows is given.
   *
   * @throws ActionableError `talos-fingerprint`, Unreachable `talos-unreachable`
   */
  static async inMaintenance(api: TalosApi, address: string, fingerprint?: string): Promise<TalosClient> {
    const target = targetOf(address);
    return new TalosClient(api, target, await firstSeen(target, fingerprint));
  }

  /** Ends its connections; calls that run fail. */
  close(): void {
    for (const calls of [this.#machine, this.#images, this.#lifecycle, this.#cluster]) calls.close();
  }

  async version(): Promise<TalosVersion> {
    const { version, platform } = await this.#ask("Version", {}, messages.versions);
    return { tag: version.tag, mode: platform?.mode || undefined };
  }

  /** @param config as Talos reads it. */
  async applyConfiguration(
    config: string,
    { mode = "auto", dryRun = false }: { mode?: ApplyMode; dryRun?: boolean } = {},
  ): Promise<Applied> {
    const request = { data: Buffer.from(config), mode: mode.toUpperCase().replace("-", "_"), dry_run: dryRun };
    const answer = await this.#ask("ApplyConfiguration", request, messages.applied, LONG);
    return { mode: answer.mode, details: answer.mode_details, warnings: answer.warnings };
  }

  /** Starts etcd on the first control plane of a cluster, empty or from the snapshot that was sent before. @throws ActionableError `talos-exists` where it has been */
  async bootstrap({ recover = false }: { recover?: boolean } = {}): Promise<void> {
    await this.#ask("Bootstrap", { recover_etcd: recover }, messages.acknowledged, LONG);
  }

  /** Of Kubernetes' administrator, made at each call. */
  async kubeconfig(): Promise<string> {
    return kubeconfigIn(await this.#read("Kubeconfig", {}), this.#target);
  }

  async services(): Promise<TalosService[]> {
    const { services } = await this.#ask("ServiceList", {}, messages.services);
    return services.map(({ id, state, health }) => ({
      id,
      state,
      healthy: health === null || health.unknown ? undefined : health.healthy,
      message: health?.last_message ?? "",
    }));
  }

  async etcdMembers(): Promise<EtcdMember[]> {
    const { members } = await this.#ask("EtcdMemberList", {}, messages.members);
    return members.map(({ id, hostname, peer_urls, is_learner }) => ({
      id,
      hostname,
      peerUrls: peer_urls,
      isLearner: is_learner,
    }));
  }

  /** For a member whose machine is gone; one that runs leaves by itself. */
  async removeEtcdMember(id: string): Promise<void> {
    await this.#ask("EtcdRemoveMemberByID", { member_id: id }, messages.acknowledged);
  }

  async leaveEtcd(): Promise<void> {
    await this.#ask("EtcdLeaveCluster", {}, messages.acknowledged, LONG);
  }

  /** All that is in etcd, with its hash at the end. */
  async etcdSnapshot(): Promise<Buffer> {
    return this.#read("EtcdSnapshot", {});
  }

  /** Sends a snapshot that the next `bootstrap({ recover: true })` starts from. */
  async sendEtcdSnapshot(snapshot: Uint8Array): Promise<void> {
    await this.#machine.send("EtcdRecover", parts(snapshot), messages.acknowledged, LONG);
  }

  /** A file of the machine's. */
  async file(path: string): Promise<string> {
    return (await this.#read("Read", { path }, SOON)).toString();
  }

  /** Another one at each start of the machine. */
  async bootId(): Promise<string> {
    return (await this.file("/proc/sys/kernel/random/boot_id")).trim();
  }

  /**
   * Waits until the whole cluster is well, as Talos judges it: etcd, all of Kubernetes, each node.
   *
   * @param within milliseconds.
   * @throws Unreachable `talos-timeout`, after `progress` told what it waited for
   */
  async health(
    nodes: { controlPlanes: readonly string[]; workers: readonly string[] },
    within: number,
    progress: Progress,
  ): Promise<void> {
    const request = {
      wait_timeout: { seconds: Math.ceil(within / 1000) },
      cluster_info: { control_plane_nodes: nodes.controlPlanes, worker_nodes: nodes.workers },
    };
    for await (const { message } of this.#cluster.many("HealthCheck", request, messages.health, within + SOON))
      progress(message);
  }

  /**
   * Installs another release of Talos from an installer's image. Neither etcd's quorum nor workloads are looked after from
   * 1.13 on; before it, Talos does so, and reboots.
   */
  async upgrade(image: string, progress: Progress): Promise<Installed> {
    const { tag } = await this.version();
    if (!atLeast(tag, LIFECYCLE_SINCE)) {
      await this.#ask("Upgrade", { image, preserve: true }, messages.acted, UPGRADE);
      return { reboots: true };
    }
    const containerd = { driver: "CONTAINERD", namespace: "NS_SYSTEM" };
    let name = image;
    progress(`pulling ${image}`);
    for await (const part of this.#images.many("Pull", { containerd, image_ref: image }, messages.pulled, UPGRADE))
      name = part.name || name;
    const request = { containerd, source: { image_name: name } };
    let exitCode: number | undefined;
    for await (const { progress: at } of this.#lifecycle.many("Upgrade", request, messages.installed, UPGRADE)) {
      exitCode = at?.exit_code ?? exitCode;
      if (at?.message) progress(at.message.trim());
    }
    // Talos gives the installer's end as a message among others, not as a failure of the call.
    if (exitCode !== 0)
      throw new ActionableError(
        "talos-upgrade-failed",
        `the installer ${image} on ${this.#target} ${exitCode === undefined ? "did not say how it ended" : `ended with exit code ${exitCode}`}: the machine goes on with ${tag}`,
      );
    return { reboots: false };
  }

  async reboot(): Promise<void> {
    await this.#ask("Reboot", { mode: "DEFAULT" }, messages.acted);
  }

  async shutdown(): Promise<void> {
    await this.#ask("Shutdown", {}, messages.acted);
  }

  /**
   * Erases the machine: its config, its disks, what it was.
   *
   * @param graceful leaves etcd and the cluster first.
   */
  async reset({ graceful, reboot }: { graceful: boolean; reboot: boolean }): Promise<void> {
    await this.#ask("Reset", { graceful, reboot, mode: "ALL" }, messages.acted, LONG);
  }

  async #ask<T extends { metadata: { error: string } | null }>(
    method: string,
    request: object,
    answer: z.ZodType<{ messages: T[] }>,
    within = SOON,
  ): Promise<T> {
    const [first] = (await this.#machine.one(method, request, answer, within)).messages;
    if (first === undefined) throw failedWithin(this.#target, method, "it answered nothing");
    if (first.metadata?.error) throw failedWithin(this.#target, method, first.metadata.error);
    return first;
  }

  async #read(method: string, request: object, within = LONG): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const { metadata, bytes } of this.#machine.many(method, request, messages.data, within)) {
      if (metadata?.error) throw failedWithin(this.#target, method, metadata.error);
      chunks.push(bytes);
    }
    return Buffer.concat(chunks);
  }
}

function* parts(whole: Uint8Array): Generator<{ bytes: Uint8Array }> {
  for (let at = 0; at < whole.length; at += PART_BYTES) yield { bytes: whole.subarray(at, at + PART_BYTES) };
}

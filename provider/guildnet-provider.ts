import type { provider as sdk } from "@pulumi/pulumi";
import type { ResourceLog } from "./engine-log.ts";
import { ActionableError, Unreachable } from "./errors.ts";
import type { Progress } from "./node/toolchain.ts";
import { certificate, certificateAuthority } from "./resources/certificates.ts";
import { dryRun } from "./resources/dry-run.ts";
import { embeddedNode } from "./resources/embedded-node.ts";
import { eventAccount } from "./resources/event-account.ts";
import { eventGuildAccount } from "./resources/event-guild-account.ts";
import { eventIdentity } from "./resources/event-identity.ts";
import { eventOperator } from "./resources/event-operator.ts";
import { eventStream } from "./resources/event-stream.ts";
import { headscaleApiKey } from "./resources/headscale-api-key.ts";
import { headscalePolicy } from "./resources/headscale-policy.ts";
import { headscalePreAuthKey } from "./resources/headscale-pre-auth-key.ts";
import { headscaleUser } from "./resources/headscale-user.ts";
import { model } from "./resources/model.ts";
import { nodeImage } from "./resources/node-image.ts";
import { pushedImage } from "./resources/pushed-image.ts";
import { randomSecret } from "./resources/random-secret.ts";
import { PartlyCreated, type Existing, type Properties, type ResourceKind } from "./resources/resource.ts";
import { upstreamManifest } from "./resources/upstream-manifest.ts";
import { PREVIEWED } from "./previewed.ts";
import { hasUnknown, isUnknown, secret, unwrap, type Plain } from "./wire.ts";

const kinds: Record<string, ResourceKind> = {
  "guildnet:index:Certificate": certificate,
  "guildnet:index:CertificateAuthority": certificateAuthority,
  "guildnet:index:DryRun": dryRun,
  "guildnet:index:EmbeddedNode": embeddedNode,
  "guildnet:index:EventAccount": eventAccount,
  "guildnet:index:EventGuildAccount": eventGuildAccount,
  "guildnet:index:EventIdentity": eventIdentity,
  "guildnet:index:EventOperator": eventOperator,
  "guildnet:index:EventStream": eventStream,
  "guildnet:index:HeadscaleApiKey": headscaleApiKey,
  "guildnet:index:HeadscalePolicy": headscalePolicy,
  "guildnet:index:HeadscalePreAuthKey": headscalePreAuthKey,
  "guildnet:index:HeadscaleUser": headscaleUser,
  "guildnet:index:Model": model,
  "guildnet:index:NodeImage": nodeImage,
  "guildnet:index:PushedImage": pushedImage,
  "guildnet:index:RandomSecret": randomSecret,
  "guildnet:index:UpstreamManifest": upstreamManifest,
};

/** The engine's view of this project's own resources: translates its calls for the kinds above. */
export class GuildnetProvider implements sdk.Provider {
  readonly version: string;
  readonly #log: ResourceLog;

  constructor(version: string, log: ResourceLog) {
    this.version = version;
    this.#log = log;
  }

  async check(urn: string, old: Properties, given: Properties): Promise<sdk.CheckResult> {
    return readably(async () => {
      const kind = kindOf(urn),
        before = unwrap(old) as Properties,
        { [PREVIEWED]: previewed, ...asked } = given;
      if (previewed === false) refuseElsewhere(kind, before);
      const wanted = { ...asked, ...kind.choose(before) };
      const plain = unwrap(wanted) as Properties;
      const failures = kind
        .check(plain)
        .filter(({ path }) => !hasUnknown(valueAt(plain, path)))
        .map(({ path, message }) => ({ property: path.join("."), reason: message }));
      return { inputs: wanted, failures: [...failures, ...kind.refuse(before, plain)] };
    });
  }

  async diff(_id: string, urn: string, old: Properties, wanted: Properties): Promise<sdk.DiffResult> {
    return readably(async () => {
      const kind = kindOf(urn),
        state = unwrap(old) as Properties,
        plain = unwrap(wanted) as Properties;
      const keys = new Set([...Object.keys(plain), ...kind.inputNames(state)]);
      const changed = [...keys].filter((key) => hasUnknown(plain[key]) || !kind.same(key, state[key], plain[key]));
      const replaces = changed.filter((key) => kind.replaces(key) && !isUnknown(plain[key]));
      const elsewhere = kind.elsewhere(state);
      if (elsewhere !== undefined) this.#log.note(urn, `taken to be as it was: ${elsewhere.where}`);
      else if (replaces.length === 0 && !(await kind.exists(state))) replaces.push(...kind.replaceOn);
      if (changed.length > 0 || replaces.length > 0)
        return { changes: true, replaces, deleteBeforeReplace: kind.deleteFirst };
      if (elsewhere !== undefined) return { changes: false };
      const drift = await this.#drift(urn, kind, plain, state);
      if (drift === undefined) return { changes: false };
      this.#log.note(urn, drift);
      return { changes: true, ...(kind.replaceOnDrift.length > 0 && { replaces: [...kind.replaceOnDrift] }) };
    });
  }

  async create(urn: string, inputs: Properties): Promise<sdk.CreateResult> {
    return this.#work(urn, async (progress) => {
      const existing = await kindOf(urn)
        .create(unwrap(inputs) as Properties, progress)
        .catch((error: unknown) => {
          throw error instanceof PartlyCreated ? initializationError(error, inputs) : error;
        });
      return { id: existing.id, outs: outputsOf(inputs, existing) };
    });
  }

  async update(id: string, urn: string, old: Properties, wanted: Properties): Promise<sdk.UpdateResult> {
    return this.#work(urn, async (progress) => {
      const kind = kindOf(urn),
        state = { ...(unwrap(old) as Properties), id };
      refuseElsewhere(kind, state);
      return { outs: outputsOf(wanted, await kind.update(unwrap(wanted) as Properties, progress, state)) };
    });
  }

  async read(id: string, urn: string, state: Properties): Promise<sdk.ReadResult> {
    return readably(async () => {
      const kind = kindOf(urn),
        plain = unwrap(state) as Properties;
      if (kind.check(plain).length > 0)
        throw new ActionableError("cannot-import", `${urn} cannot be imported: this program alone makes it`);
      if (kind.elsewhere(plain) === undefined && !(await kind.exists(plain))) return { id: "", props: {} };
      const names = kind.inputNames(plain);
      return {
        id,
        props: state,
        inputs: Object.fromEntries(Object.entries(state).filter(([key]) => names.includes(key))),
      };
    });
  }

  async delete(_id: string, urn: string, state: Properties): Promise<void> {
    return this.#work(urn, async (progress) => {
      const kind = kindOf(urn),
        plain = unwrap(state) as Properties;
      refuseElsewhere(kind, plain);
      await kind.delete(plain, progress);
    });
  }

  /** Where nobody answers there is no drift to be known: a preview of a cluster that is stopped still shows all the rest. */
  async #drift(urn: string, kind: ResourceKind, plain: Properties, state: Properties): Promise<string | undefined> {
    try {
      return await kind.drift(plain, state);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.#log.note(urn, `taken to be as it was: ${error.message}`);
      return undefined;
    }
  }

  async #work<T>(urn: string, work: (progress: Progress) => Promise<T>): Promise<T> {
    const pace = this.#log.progressOf(urn);
    try {
      return await readably(() => work(pace.say));
    } finally {
      pace.flush();
    }
  }
}

/** Errors that a person can mend are shown without the stack of this program. */
async function readably<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ActionableError) error.stack = "";
    throw error;
  }
}

/** @throws ActionableError `elsewhere` */
function refuseElsewhere(kind: ResourceKind, state: Properties): void {
  const elsewhere = kind.elsewhere(state);
  if (elsewhere !== undefined) throw new ActionableError("elsewhere", `${elsewhere.where}: ${elsewhere.wayOut}`);
}

/** By these fields the engine knows that there is something to keep in its state, to be completed or deleted later. */
function initializationError({ id, cause }: PartlyCreated, properties: Properties): unknown {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return Object.assign(cause instanceof Error ? cause : new Error(reason), { id, properties, reasons: [reason] });
}

function kindOf(urn: string): ResourceKind {
  const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
  const kind = kinds[type];
  if (kind === undefined)
    throw new ActionableError(
      "unknown-type",
      `${type} is not a resource of this provider; it has ${Object.keys(kinds).join(", ")}`,
    );
  return kind;
}

/** The state holds inputs and outputs side by side. */
function outputsOf(inputs: Properties, { outputs, secrets = [] }: Existing): Properties {
  const all = { ...inputs, ...outputs };
  return Object.fromEntries(
    Object.entries(all).map(([key, value]) => [
      key,
      secrets.includes(key) && typeof value === "string" ? secret(value) : value,
    ]),
  );
}

function valueAt(properties: Properties, path: readonly PropertyKey[]): Plain {
  return path.reduce<Plain>((value, key) => (value as Record<PropertyKey, Plain> | undefined)?.[key], properties);
}

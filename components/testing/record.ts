import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";

/** A resource as it was registered with the engine. */
export interface Registered {
  urn: string;
  type: string;
  name: string;
  /** URN of the resource it is a child of; empty at the top. */
  parent: string;
  custom: boolean;
  /** Inputs; a secret stands as `{ secret: value }`. */
  inputs: Record<string, unknown>;
  /** URNs that any input or option depends on. */
  dependencies: string[];
  /** URN and id of its provider. */
  provider: string;
  deletedWith: string;
  retainOnDelete: boolean | undefined;
  deleteBeforeReplace: boolean;
  ignoreChanges: string[];
  /** What it was before, as "name parent". */
  aliases: string[];
  /** URNs it is replaced together with. */
  replaceWith: string[];
  /** What a component registered as its outputs. */
  outputs?: Record<string, unknown>;
}

interface Message {
  getType(): string;
  getName(): string;
  getParent(): string;
  getCustom(): boolean;
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
  getDependenciesList(): string[];
  getProvider(): string;
  getDeletedwith(): string;
  getRetainondelete(): boolean;
  getDeletebeforereplace(): boolean;
  hasRetainondelete?: () => boolean;
  getIgnorechangesList(): string[];
  getAliasesList(): { getSpec(): { getName(): string; getParenturn(): string } | undefined }[];
  getReplaceWithList(): string[];
}
type Monitor = {
  registerResource(request: Message, callback: Callback): Promise<void>;
  registerResourceOutputs(
    request: { getUrn(): string; getOutputs(): { toJavaScript(): Record<string, unknown> } | undefined },
    callback: Callback,
  ): void;
};
type Callback = (error: Error | undefined, response: { getUrn?: () => string } | undefined) => void;

/** What the provider would answer; `undefined` in a preview of something new. */
const answers: Record<string, (inputs: Record<string, unknown>, name: string) => Record<string, unknown>> = {
  "guildnet:index:EmbeddedNode": ({ apiPort, clusterName }) => ({
    kubeconfig: pulumi.secret("kubeconfig of the node"),
    endpoint: `https://127.0.0.1:${String(apiPort)}`,
    clusterIdentifier: `id-of-${String(clusterName)}`,
  }),
  "guildnet:index:PushedImage": ({ image, registry }) => ({
    reference: `${shown<{ address: string }>(registry).address}/${String(image).split("/")[1]}@sha256:${"0".repeat(64)}`,
  }),
  "guildnet:index:RandomSecret": (_, name) => ({ value: pulumi.secret(`random of ${name}`) }),
  "guildnet:index:CertificateAuthority": () => ({
    certificatePem: "CA CERTIFICATE",
    privateKeyPem: pulumi.secret("CA KEY"),
  }),
  "guildnet:index:EventOperator": () => ({
    operatorSeed: pulumi.secret("OPERATOR SEED"),
    operatorJwt: "OPERATOR JWT",
    systemAccount: "SYSTEM",
    systemJwt: "SYSTEM JWT",
    systemCredentials: pulumi.secret("SYSTEM CREDENTIALS"),
    guildJwt: "GUILD JWT",
    guildCredentials: pulumi.secret("GUILD CREDENTIALS"),
  }),
  "guildnet:index:EventGuildAccount": () => ({
    guildJwt: "GUILD JWT",
    guildCredentials: pulumi.secret("GUILD CREDENTIALS"),
  }),
  "guildnet:index:EventIdentity": (_, name) => ({
    account: `account of ${name}`,
    credentials: pulumi.secret(`credentials of ${name}`),
  }),
  "guildnet:index:UpstreamManifest": () => ({ objects: [], hash: "HASH" }),
  "guildnet:index:HeadscaleApiKey": () => ({ key: pulumi.secret("API KEY"), prefix: "API" }),
  "guildnet:index:HeadscaleUser": (_, name) => ({ userId: `id of ${name}` }),
  "guildnet:index:HeadscalePreAuthKey": (_, name) => ({ key: pulumi.secret(`auth key ${name}`) }),
  "tailscale:index/tailnetKey:TailnetKey": (_, name) => ({ key: pulumi.secret(`auth key ${name}`) }),
  "kubernetes:core/v1:Service": ({ spec }, name) => ({
    spec: { clusterIP: serviceAddress(name), ...(spec as object) },
  }),
  "guildnet:index:Certificate": () => ({ certificatePem: "CERTIFICATE", privateKeyPem: pulumi.secret("KEY") }),
};

/** The address a Service gets that asks for none: its own by its resource's name, and always the same. */
export function serviceAddress(name: string): string {
  const [third, fourth] = createHash("sha256").update(name).digest();
  return `10.96.${third}.${fourth}`;
}

/**
 * Runs a piece of a program against a mocked engine.
 * @returns everything that was registered, in order, once all of it is settled
 */
export async function record(build: () => unknown): Promise<Registered[]> {
  await pulumi.runtime.setMocks(
    {
      call: () => ({}),
      newResource: ({ type, name, inputs }) => ({
        id: `${name}-id`,
        state: { ...inputs, ...answers[type]?.(inputs as Record<string, unknown>, name) },
      }),
    },
    "project",
    "stack",
    false,
  );
  const registered = new Map<string, Registered>();
  const restore = listen(registered);
  // The SDK takes down the stack of every promise it makes, which is most of its work here, and nobody reads them.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    await build();
    await pulumi.runtime.disconnect();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    restore();
  }
  return [...registered.values()];
}

function listen(registered: Map<string, Registered>): () => void {
  const prototype = MockMonitor.prototype as unknown as Monitor;
  const { registerResource, registerResourceOutputs } = prototype;
  prototype.registerResource = function (request, callback) {
    return registerResource.call(this, request, (error, response) => {
      const urn = response?.getUrn?.();
      if (urn !== undefined) registered.set(urn, read(urn, request));
      callback(error, response);
    });
  };
  prototype.registerResourceOutputs = function (request, callback) {
    const resource = registered.get(request.getUrn());
    if (resource) resource.outputs = plain(request.getOutputs()?.toJavaScript() ?? {}) as Record<string, unknown>;
    registerResourceOutputs.call(this, request, callback);
  };
  return () => Object.assign(prototype, { registerResource, registerResourceOutputs });
}

function read(urn: string, request: Message): Registered {
  return {
    urn,
    type: request.getType(),
    name: request.getName(),
    parent: request.getParent(),
    custom: request.getCustom(),
    inputs: plain(request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>,
    dependencies: request.getDependenciesList(),
    provider: request.getProvider(),
    deletedWith: request.getDeletedwith(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    retainOnDelete: request.hasRetainondelete?.() === false ? undefined : request.getRetainondelete(),
    ignoreChanges: request.getIgnorechangesList(),
    aliases: request
      .getAliasesList()
      .map((alias) => `${alias.getSpec()?.getName()} ${alias.getSpec()?.getParenturn()}`),
    replaceWith: request.getReplaceWithList(),
  };
}

/** Key and value with which the wire marks a secret (pulumi/sdk, runtime/rpc). */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const entries = value as Record<string, unknown>;
  if (entries[SIGNATURE] === SECRET) return { secret: plain(entries["value"]) };
  return Object.fromEntries(Object.entries(entries).map(([key, entry]) => [key, plain(entry)]));
}

/** A value without the mark that the SDK puts on it when there is a secret in it. */
function shown<T>(value: unknown): T {
  return (
    typeof value === "object" && value !== null && SIGNATURE in value ? (value as unknown as { value: T }).value : value
  ) as T;
}

/** Whether text stands anywhere outside of a secret. */
export function showsInPlain(value: unknown, text: string): boolean {
  if (typeof value === "string") return value.includes(text);
  if (typeof value !== "object" || value === null || "secret" in value) return false;
  return Object.values(value).some((entry) => showsInPlain(entry, text));
}

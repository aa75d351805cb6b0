import * as pulumi from "@pulumi/pulumi";

/** Where a NATS server is, and how it is reached. */
export interface EventServer {
  /** For instance "tls://nats.guildnet-events.svc:4222". */
  url: pulumi.Input<string>;
  /** The authority that signed its certificate, PEM; it alone is trusted. */
  caCertificatePem: pulumi.Input<string>;
  /** How many servers it is: all of them have to forget who shall not be let in again. @default 1 */
  servers?: pulumi.Input<number>;
  /** The cluster it is in, where only from there it is reached: asked through the API server then. @default it is reached as it is */
  cluster?: pulumi.Input<{
    /** YAML. Kept secret. */
    kubeconfig: pulumi.Input<string>;
    /** @default its current one */
    context?: pulumi.Input<string>;
    namespace: pulumi.Input<string>;
    /** Finds the server's pods, for instance "app.kubernetes.io/name=nats". */
    labelSelector: pulumi.Input<string>;
  }>;
}

export interface EventOperatorArgs {
  /** What it is called on the server. */
  name: pulumi.Input<string>;
  /** Count it up to have all keys made anew. @default 1 */
  generation?: pulumi.Input<number>;
}

/**
 * Who says on a NATS server who is who: an operator, its system account, and the account that keeps everything. The server
 * is given signed words alone; keys are nowhere but in the stack's state, encrypted. With other keys what was kept stays.
 */
export class EventOperator extends pulumi.CustomResource {
  /** What signs accounts. Secret. */
  declare readonly operatorSeed: pulumi.Output<string>;
  declare readonly operatorJwt: pulumi.Output<string>;
  declare readonly systemAccount: pulumi.Output<string>;
  declare readonly systemJwt: pulumi.Output<string>;
  /** Of who tells a server of accounts. Secret. */
  declare readonly systemCredentials: pulumi.Output<string>;
  declare readonly guildJwt: pulumi.Output<string>;
  /** Of who makes streams. Secret. */
  declare readonly guildCredentials: pulumi.Output<string>;

  constructor(name: string, args: EventOperatorArgs, opts?: pulumi.CustomResourceOptions) {
    const outputs = {
      operatorSeed: undefined,
      operatorJwt: undefined,
      systemAccount: undefined,
      systemJwt: undefined,
      systemCredentials: undefined,
      guildJwt: undefined,
      guildCredentials: undefined,
    };
    super(
      "guildnet:index:EventOperator",
      name,
      { generation: 1, ...args, ...outputs },
      { ...opts, additionalSecretOutputs: ["operatorSeed", "systemCredentials", "guildCredentials"] },
    );
  }
}

/** The id of the account that keeps everything: the same on every bus of a guild's. */
export const GUILD_ACCOUNT = "ACQQH7XFFCRXPUVM6FJ5DTFF5WS6RCYJGVQFOZZKYU6ITP3OITVXRHAF";

export interface EventGuildAccountArgs {
  server: pulumi.Input<EventServer>;
  /** Of the server's system account, as a file has them. */
  systemCredentials: pulumi.Input<string>;
  /** The seed of its operator's key, or of one that the operator names as signing for it. */
  operatorSeed: pulumi.Input<string>;
  /** Count it up to have the keys of its users made anew. @default 1 */
  generation?: pulumi.Input<number>;
}

/** The account that keeps everything, on a bus in operator mode that is somebody else's. Deleting it ends who is there by it, unless `retainOnDelete` says otherwise. */
export class EventGuildAccount extends pulumi.CustomResource {
  /** Of who makes streams. Secret. */
  declare readonly guildCredentials: pulumi.Output<string>;

  constructor(
    name: string,
    { server, systemCredentials, operatorSeed, generation = 1 }: EventGuildAccountArgs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(
      "guildnet:index:EventGuildAccount",
      name,
      {
        server: sealed(server),
        credentials: pulumi.secret(systemCredentials),
        operatorSeed: pulumi.secret(operatorSeed),
        generation,
        guildJwt: undefined,
        guildCredentials: undefined,
      },
      { ...opts, additionalSecretOutputs: ["credentials", "operatorSeed", "guildCredentials"] },
    );
  }
}

export interface EventIdentityArgs {
  /** Who it is, for instance "ws-ada". */
  name: pulumi.Input<string>;
  /** Count it up for another. @default 1 */
  generation?: pulumi.Input<number>;
}

/** Who one is on an event bus: an account of one's own and credentials for it, which are made without asking anybody. They count for something once the bus has an `EventAccount` of it. */
export class EventIdentity extends pulumi.CustomResource {
  declare readonly account: pulumi.Output<string>;
  /** A file as NATS's programs read it. Secret. */
  declare readonly credentials: pulumi.Output<string>;

  constructor(name: string, args: EventIdentityArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "guildnet:index:EventIdentity",
      name,
      { generation: 1, ...args, account: undefined, credentials: undefined },
      { ...opts, additionalSecretOutputs: ["credentials"] },
    );
  }
}

/** What an account may use of the account that keeps everything. */
export interface EventImport {
  /** A service is asked, a stream is listened to. */
  type: "service" | "stream";
  /** In the account that keeps everything. */
  subject: string;
  /** Under which the account itself has it. @default the same */
  local?: string;
}

export interface EventAccountArgs {
  server: pulumi.Input<EventServer>;
  /** `EventOperator`'s. */
  operator: { systemCredentials: pulumi.Input<string>; operatorSeed: pulumi.Input<string> };
  identity: { account: pulumi.Input<string> };
  /** Who it is, for people who look at the server. */
  name: pulumi.Input<string>;
  imports: pulumi.Input<EventImport[]>;
}

/**
 * Tells a bus of an account: what it may say and read, and nothing else. Nothing of the server starts anew. Deleting it
 * ends the connections of whoever has its credentials, for good.
 */
export class EventAccount extends pulumi.CustomResource {
  constructor(
    name: string,
    { operator, identity, server, ...args }: EventAccountArgs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(
      "guildnet:index:EventAccount",
      name,
      {
        ...args,
        server: sealed(server),
        credentials: pulumi.secret(operator.systemCredentials),
        operatorSeed: pulumi.secret(operator.operatorSeed),
        account: identity.account,
      },
      { ...opts, additionalSecretOutputs: ["credentials", "operatorSeed"] },
    );
  }
}

export interface EventStreamArgs {
  server: pulumi.Input<EventServer>;
  /** `EventOperator`'s. */
  operator: { guildCredentials: pulumi.Input<string> };
  /** Without spaces, dots and slashes. */
  name: pulumi.Input<string>;
  /** What is kept. */
  subjects: pulumi.Input<string[]>;
  /** Where who listens hears what came by the first subject once it is kept, for instance "heard.>" of "events.>". @default nowhere */
  heard?: pulumi.Input<string>;
  /** Bytes after which the oldest go. */
  maxBytes: pulumi.Input<number>;
  /** Seconds after which an event goes. */
  maxAgeSeconds: pulumi.Input<number>;
  /** Seconds within which the same event, said again, is kept once. @default 600 */
  duplicateWindowSeconds?: pulumi.Input<number>;
  /** On how many servers. @default 1 */
  replicas?: pulumi.Input<number>;
}

/** What a bus keeps. What of it changes, changes in place; one that is there already is taken over. Deleting it deletes what is kept, unless `retainOnDelete` says otherwise. */
export class EventStream extends pulumi.CustomResource {
  constructor(name: string, { operator, server, ...args }: EventStreamArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "guildnet:index:EventStream",
      name,
      {
        duplicateWindowSeconds: 600,
        replicas: 1,
        ...args,
        server: sealed(server),
        credentials: pulumi.secret(operator.guildCredentials),
      },
      { ...opts, additionalSecretOutputs: ["credentials"] },
    );
  }
}

/** With its kubeconfig secret, field by field. */
function sealed(server: pulumi.Input<EventServer>): pulumi.Output<unknown> {
  return pulumi.output(server).apply(({ url, caCertificatePem, servers, cluster }) => ({
    url,
    caCertificatePem,
    ...(servers !== undefined && { servers }),
    ...(cluster && { cluster: { ...cluster, kubeconfig: pulumi.secret(cluster.kubeconfig) } }),
  }));
}

import {
  createAccount,
  createOperator,
  createUser,
  decode,
  encodeAccount,
  encodeGeneric,
  encodeOperator,
  encodeUser,
  fmtCreds,
  fromSeed,
  type Account,
  type Operator as OperatorClaims,
} from "@nats-io/jwt";

// Who is who on a NATS server in operator mode: https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt

/**
 * The account whose streams keep everything. Its id is the hash of "guildnet.io/events" in the place of a public key: nobody
 * has a private one, so none can be lost, and what is kept below this id is found again by a server whose keys are all
 * new. Users of it are signed with a key that the account names, as the operator signs.
 */
export const GUILD_ACCOUNT = "ACQQH7XFFCRXPUVM6FJ5DTFF5WS6RCYJGVQFOZZKYU6ITP3OITVXRHAF";

const unlimited = -1;
/** Largest event, in bytes. */
const LARGEST = 64 * 1024;

/** What an account may use of the account that keeps everything. */
export interface Import {
  /** A service is asked, a stream is listened to. */
  readonly type: "service" | "stream";
  /** In the account that keeps everything. */
  readonly subject: string;
  /** Under which the account itself has it. @default the same */
  readonly local?: string;
}

/** What each account may ask for of it, and be given where the operator signs for it. Nothing else leads from account to account. */
const exported: NonNullable<Account["exports"]> = [
  { name: "say", subject: "events.>", type: "service", response_type: "Singleton" },
  // What is kept, once it is: a server passes nothing on to listeners that came to it as a question.
  { name: "hear", subject: "heard.>", type: "stream" },
  // Many answers to one question.
  { name: "kept", subject: "$JS.API.DIRECT.GET.*", type: "service", response_type: "Stream" },
  { name: "about", subject: "$JS.API.STREAM.INFO.*", type: "service", response_type: "Singleton" },
  // What the server can do, which the command line asks before it reads.
  { name: "level", subject: "$JS.API.INFO", type: "service", response_type: "Singleton" },
];

const sharedLimits = { subs: unlimited, data: unlimited, imports: unlimited, wildcards: true, leaf: 0 };

const limits = { ...sharedLimits, payload: unlimited, conn: unlimited, exports: unlimited };

/** All of a server's authority, made anew. */
export interface Operator {
  /** Secret: whoever has it makes accounts. */
  readonly operatorSeed: string;
  readonly operatorJwt: string;
  /** Id of the account by which a server is told of accounts. */
  readonly systemAccount: string;
  readonly systemJwt: string;
  /** Secret. */
  readonly systemCredentials: string;
  readonly guildJwt: string;
  /** Of who makes streams. Secret. */
  readonly guildCredentials: string;
}

export async function newOperator(name: string): Promise<Operator> {
  const operator = createOperator(),
    system = createAccount();
  return {
    operatorSeed: textOf(operator.getSeed()),
    operatorJwt: await encodeOperator(name, operator, { system_account: system.getPublicKey() }),
    systemAccount: system.getPublicKey(),
    systemJwt: await encodeAccount("system", system, { limits }, { signer: operator }),
    systemCredentials: await credentialsOf("guildnet", system),
    ...(await newGuild(textOf(operator.getSeed()))),
  };
}

/** The account that keeps everything, with who may sign users of it made anew. @param operatorSeed of who signs */
export async function newGuild(operatorSeed: string): Promise<Pick<Operator, "guildJwt" | "guildCredentials">> {
  const signer = createAccount();
  return {
    guildJwt: await encodeAccount(
      "guild",
      GUILD_ACCOUNT,
      {
        limits: { ...limits, mem_storage: 0, disk_storage: unlimited, streams: unlimited, consumer: unlimited },
        exports: exported,
        signing_keys: [signer.getPublicKey()],
      },
      { signer: fromSeed(new TextEncoder().encode(operatorSeed)) },
    ),
    guildCredentials: await credentialsOf("guildnet", signer, GUILD_ACCOUNT),
  };
}

/** Whether the account that keeps everything offers what it does today. */
export function isPresent(guildJwt: string): boolean {
  return JSON.stringify(decode<Account>(guildJwt).nats.exports) === JSON.stringify(exported);
}

/** Whether one of these operators signs an account, itself or by a key that it names. */
export function isTrusted(jwt: string, operatorJwts: readonly string[]): boolean {
  const { iss } = decode(jwt);
  return operatorJwts.some((each) => {
    const { sub, nats } = decode<OperatorClaims>(each);
    return sub === iss || (nats.signing_keys ?? []).includes(iss);
  });
}

/** An account of its own for somebody, and credentials for it. */
export async function newIdentity(name: string): Promise<{ account: string; credentials: string }> {
  const account = createAccount();
  return { account: account.getPublicKey(), credentials: await credentialsOf(name, account) };
}

async function credentialsOf(
  name: string,
  signer: ReturnType<typeof createAccount>,
  account?: string,
): Promise<string> {
  const user = createUser();
  const jwt =
    account === undefined
      ? await encodeUser(name, user, signer, {})
      : await encodeUser(name, user, account, {}, { signer });
  return textOf(fmtCreds(jwt, user));
}

/** What an account is, as a server is told it. An account has nothing but its imports, so that its users need no permissions. */
function accountClaims(imports: readonly Import[]): Partial<Account> {
  return {
    limits: { ...sharedLimits, payload: LARGEST, conn: 64, exports: 0 },
    imports: imports.map(({ type, subject, local }) => ({
      name: local ?? subject,
      account: GUILD_ACCOUNT,
      type,
      subject,
      ...(local !== undefined && local !== subject && { local_subject: local }),
    })),
  };
}

/** @param operatorSeed of who signs */
export function signAccount(
  operatorSeed: string,
  account: string,
  name: string,
  imports: readonly Import[],
): Promise<string> {
  return encodeAccount(name, account, accountClaims(imports), {
    signer: fromSeed(new TextEncoder().encode(operatorSeed)),
  });
}

/** Whether what a server has of an account is what it should have, signed by this operator. */
export function isAccount(jwt: string, operatorSeed: string, name: string, imports: readonly Import[]): boolean {
  const { iss, name: is, nats } = decode<Account>(jwt),
    wanted = accountClaims(imports);
  return (
    iss === fromSeed(new TextEncoder().encode(operatorSeed)).getPublicKey() &&
    is === name &&
    JSON.stringify([nats.limits, nats.imports]) === JSON.stringify([wanted.limits, wanted.imports])
  );
}

/** What a server is told to forget an account. */
export function signForgetting(operatorSeed: string, account: string): Promise<string> {
  const operator = fromSeed(new TextEncoder().encode(operatorSeed));
  return encodeGeneric("forget", operator, "generic", { accounts: [account] } as never);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

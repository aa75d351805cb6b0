import { decode, parseCreds } from "@nats-io/jwt";
import { fromPublic } from "@nats-io/nkeys";
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { GUILD_ACCOUNT as ofSdk } from "../sdk/index.ts";
import { GUILD_ACCOUNT, isAccount, isPresent, newIdentity, newOperator, signAccount } from "./claims.ts";

const imports = [
  { type: "service", subject: "events.guild.ws-ada.agent.>", local: "say.guild.agent.>" },
  { type: "stream", subject: "events.guild.>" },
] as const;

test("the account that keeps everything is a hash in the place of a key, so that nobody has one to it", () => {
  expect(fromPublic(GUILD_ACCOUNT).getPublicKey()).toBe(ofSdk);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...GUILD_ACCOUNT].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const bytes = bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [];
  expect(Buffer.from(bytes.slice(1, 33))).toEqual(createHash("sha256").update("guildnet.io/events").digest());
});

describe("an operator", () => {
  test("signs for all, and names who may sign users of the account that keeps everything", async () => {
    const operator = await newOperator("lab"),
      { iss } = decode(operator.operatorJwt);
    expect(decode(operator.systemJwt)).toMatchObject({ iss, sub: operator.systemAccount });
    expect(decode(operator.guildJwt)).toMatchObject({ iss, sub: GUILD_ACCOUNT });
    expect(isPresent(operator.guildJwt)).toBe(true);
    const { uc, aid } = await parseCreds(new TextEncoder().encode(operator.guildCredentials));
    expect(aid).toBe(GUILD_ACCOUNT);
    expect(decode(operator.guildJwt)).toMatchObject({ nats: { signing_keys: [uc.iss] } });
  });

  test("made anew has other keys, and the same account that keeps everything", async () => {
    const [one, other] = [await newOperator("lab"), await newOperator("lab")];
    expect(one.operatorSeed).not.toBe(other.operatorSeed);
    expect(decode(one.guildJwt).sub).toBe(decode(other.guildJwt).sub);
  });
});

describe("an account", () => {
  test("is what its imports say, under its operator's signature", async () => {
    const { operatorSeed, operatorJwt } = await newOperator("lab"),
      { account, credentials } = await newIdentity("ws-ada");
    const jwt = await signAccount(operatorSeed, account, "ws-ada", imports);
    expect(decode(jwt)).toMatchObject({
      iss: decode(operatorJwt).iss,
      sub: account,
      name: "ws-ada",
      nats: {
        imports: [
          { account: GUILD_ACCOUNT, type: "service", subject: imports[0].subject, local_subject: imports[0].local },
          { account: GUILD_ACCOUNT, type: "stream", subject: imports[1].subject },
        ],
      },
    });
    expect((await parseCreds(new TextEncoder().encode(credentials))).aid).toBe(account);
    expect(isAccount(jwt, operatorSeed, "ws-ada", imports)).toBe(true);
    expect(isAccount(jwt, operatorSeed, "ws-ada", imports.slice(1))).toBe(false);
    expect(isAccount(jwt, (await newOperator("lab")).operatorSeed, "ws-ada", imports)).toBe(false);
  });
});

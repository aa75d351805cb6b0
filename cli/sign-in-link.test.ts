import { createHmac, randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { signInLink } from "./sign-in-link.ts";

const key = randomBytes(32);
const parts = (link: string) => (new URL(link).searchParams.get("token") ?? "").split(".");
const decode = (part: string | undefined) =>
  JSON.parse(Buffer.from(part ?? "", "base64url").toString()) as Record<string, unknown>;

it("is an HS256 token of fifteen minutes for one person", () => {
  const link = signInLink("https://guildnet.localhost:8090", "you", key.toString("base64url"), 1_000);
  const [header, claims, signature] = parts(link);
  expect(link).toMatch(/^https:\/\/guildnet\.localhost:8090\/sign-in\?token=/);
  expect(decode(header)).toEqual({ alg: "HS256", typ: "JWT" });
  expect(decode(claims)).toEqual({
    sub: "you",
    aud: "guildnet-sign-in",
    jti: expect.stringMatching(/^[\da-f-]{36}$/),
    iat: 1_000,
    exp: 1_900,
  });
  expect(signature).toBe(createHmac("sha256", key).update(`${header}.${claims}`).digest("base64url"));
});

it("is never the same twice", () => {
  const ids = [1, 2].map(() => decode(parts(signInLink("https://g", "you", key.toString("base64url")))[1]).jti);
  expect(ids[0]).not.toBe(ids[1]);
});

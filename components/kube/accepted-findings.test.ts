import { expect, test } from "vitest";
import { accepted } from "./accepted-findings.ts";

test("names the checks of both scanners, and says why beside them", () => {
  expect(accepted({ "low-user": "its files are user 1000's", recreated: "one writer at a time" })).toEqual({
    "accepted.guildnet.io/low-user": "its files are user 1000's",
    "accepted.guildnet.io/recreated": "one writer at a time",
    "kube-score/ignore": "container-security-context-user-group-id,deployment-strategy",
    "checkov.io/skip1": "CKV_K8S_40=its files are user 1000's",
  });
});

test("numbers what checkov is to skip, as annotations must differ", () => {
  expect(
    Object.keys(accepted({ "no-probes": "it serves nothing", "api-token": "it makes volumes" })).filter((key) =>
      key.startsWith("checkov"),
    ),
  ).toEqual(["checkov.io/skip1", "checkov.io/skip2", "checkov.io/skip3"]);
});

test("gives checkov the one = that it splits at", () => {
  expect(accepted({ "api-token": "it is told GUILD=x" })["checkov.io/skip1"]).toBe("CKV_K8S_38=it is told GUILD:x");
});

test("says nothing where nothing is accepted", () => expect(accepted({})).toEqual({}));

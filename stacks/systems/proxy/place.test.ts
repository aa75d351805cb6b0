import { expect, test } from "vitest";
import { parseGuild } from "../../check/parse.ts";
import { proxyPlaceMistakes } from "./place.ts";

const names: Record<string, string[]> = {
  "proxy.lan": ["10.1.2.3"],
  "both.example.org": ["203.0.113.9", "10.1.2.4"],
  "proxy.example.org": ["93.184.216.34"],
  "me.lan": ["192.168.1.20"],
  "debian.lan": ["127.0.1.1"],
};
const here = { addressesOf: async (name: string) => names[name] ?? [], own: ["127.0.0.1", "192.168.1.20"] };
const images = { workspace: "example.org/workspace:1", portal: "example.org/portal:1" };

function mistakes(proxy: object, cluster: object = {}) {
  return proxyPlaceMistakes(
    parseGuild({ images, proxy, cluster: { kind: "embedded", ...cluster } }, { kubeconfig: true }),
    here,
  );
}

test.each([
  ["a private address", { https: "http://10.1.2.3:3128" }],
  ["a name of the internet", { https: "http://proxy.example.org:3128" }],
  ["a name that is unknown here", { https: "http://elsewhere.lan:3128" }],
  ["a private name in its networks", { https: "http://proxy.lan:3128", networks: ["10.1.2.0/24"] }],
])("nothing is wrong with %s", async (_what, proxy) => expect(await mistakes(proxy)).toEqual([]));

test("a name that leads to a private address which nobody named is told once, with what to write", async () => {
  expect(await mistakes({ https: "http://proxy.lan:3128", http: "http://proxy.lan:8080" })).toMatchObject([
    { key: "proxy.networks", found: "[]", fix: expect.stringContaining('add "10.1.2.3/32"') },
  ]);
  expect(await mistakes({ https: "http://both.example.org:3128", networks: ["10.1.2.3/32"] })).toMatchObject([
    {
      key: "proxy.networks",
      found: '["10.1.2.3/32"]',
      fix: expect.stringMatching(/"203\.0\.113\.9\/32"|"10\.1\.2\.4\/32"/),
    },
  ]);
});

test("this machine is told by its key, under a name too, and not where workspaces run elsewhere", async () => {
  for (const host of ["192.168.1.20", "me.lan", "debian.lan"]) {
    expect(await mistakes({ https: "http://10.1.2.3:3128", http: `http://${host}:3128` })).toMatchObject([
      {
        key: "proxy.http",
        found: expect.stringContaining("this machine"),
        fix: expect.stringContaining("HTTPS_PROXY"),
      },
    ]);
  }
  expect(await mistakes({ https: "http://192.168.1.20:3128" }, { kind: "existing" })).toEqual([]);
});

test("of no proxy there is nothing to say", async () => {
  expect(await proxyPlaceMistakes(parseGuild({}, { kubeconfig: false }), here)).toEqual([]);
});

import { createCipheriv, pbkdf2Sync, randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { takeProxy } from "./proxy.ts";
import { useScratch } from "../toolchain/testing/scratch.ts";

const scratch = useScratch();

/** The environment of a command, once it knows the stack's proxy. */
async function environment(
  guild: unknown,
  given: NodeJS.ProcessEnv = {},
  secrets: object = {},
): Promise<NodeJS.ProcessEnv> {
  writeFileSync(join(scratch.path, "Pulumi.yaml"), "name: x\nruntime: nodejs\n");
  writeFileSync(join(scratch.path, "Pulumi.lab.yaml"), stringify({ config: { "guildnet:guild": guild, ...secrets } }));
  const env = { GUILDNET_HOME: scratch.home.root, ...given };
  await takeProxy({ root: scratch.path }, "lab", env);
  return env;
}

const INSIDE = "localhost,.localhost,127.0.0.1,::1,10.244.0.0/16,10.96.0.0/16,198.19.0.0/24,.svc,.cluster.local";

it("is the stack's, in both spellings of its variables", async () => {
  expect(
    await environment({ proxy: { https: "http://proxy.example:3128", exclude: ["intern.example"] } }),
  ).toMatchObject({
    HTTPS_PROXY: "http://proxy.example:3128",
    https_proxy: "http://proxy.example:3128",
    HTTP_PROXY: "http://proxy.example:3128",
    http_proxy: "http://proxy.example:3128",
    NO_PROXY: `intern.example,${INSIDE}`,
    no_proxy: `intern.example,${INSIDE}`,
  });
  expect(await environment({ proxy: { https: "http://10.1.2.3:3128", http: "http://10.1.2.4:8080" } })).toMatchObject({
    https_proxy: "http://10.1.2.3:3128",
    http_proxy: "http://10.1.2.4:8080",
  });
});

it("gives way to the environment's, and excepts what either does", async () => {
  const env = await environment(
    { proxy: { https: "http://proxy.example:3128", exclude: ["intern.example"] } },
    { HTTPS_PROXY: "http://127.0.0.1:8888", no_proxy: "home.example" },
  );
  expect(env).toMatchObject({
    HTTPS_PROXY: "http://127.0.0.1:8888",
    https_proxy: "http://127.0.0.1:8888",
    http_proxy: "http://proxy.example:3128",
    NO_PROXY: `home.example,intern.example,${INSIDE}`,
  });
});

it("is none where the stack names none; what the environment names in one spelling is there in both, as builds see but one", async () => {
  expect(await environment({})).toEqual({ GUILDNET_HOME: scratch.home.root });
  expect(await environment({}, { HTTPS_PROXY: "http://a:1", no_proxy: "b" })).toMatchObject({
    https_proxy: "http://a:1",
    NO_PROXY: "b",
  });
});

it("stands between nobody and the guild: its names, its networks, its mesh, the API server of a cluster that it joins", async () => {
  const proxy = { https: "http://proxy.example:3128" };
  const { NO_PROXY } = await environment({
    proxy,
    cluster: { podCidr: "10.3.0.0/16" },
    portal: { host: "guild.example.org" },
    mesh: { kind: "headscale", domain: "lan.example.org" },
  });
  expect(NO_PROXY?.split(",")).toEqual(
    expect.arrayContaining([
      "10.3.0.0/16",
      "10.96.0.0/16",
      "guild.example.org",
      ".guild.example.org",
      ".lan.example.org",
    ]),
  );
  writeFileSync(
    join(scratch.path, "kubeconfig"),
    stringify({ clusters: [{ name: "a", cluster: { server: "https://api.example.org:6443" } }] }),
  );
  expect((await environment({ proxy, cluster: { kind: "existing", kubeconfigPath: "kubeconfig" } })).NO_PROXY).toBe(
    "localhost,.localhost,127.0.0.1,::1,.svc,.cluster.local,api.example.org",
  );
});

it("signs in with the secret that the stack's file has", async () => {
  const passphrase = "correct horse";
  mkdirSync(dirname(scratch.home.passphrase), { recursive: true });
  writeFileSync(scratch.home.passphrase, passphrase);
  const { salt, seal } = sealer(passphrase);
  writeFileSync(join(scratch.path, "Pulumi.lab.yaml"), "");
  const file = {
    config: {
      "guildnet:guild": { proxy: { https: "http://proxy.example:3128" } },
      "guildnet:proxyCredentials": { secure: seal("ada:p@ss:word") },
    },
    encryptionsalt: salt,
  };
  writeFileSync(join(scratch.path, "Pulumi.yaml"), "name: x\nruntime: nodejs\n");
  writeFileSync(join(scratch.path, "Pulumi.lab.yaml"), stringify(file));
  const env: NodeJS.ProcessEnv = { GUILDNET_HOME: scratch.home.root };
  await takeProxy({ root: scratch.path }, "lab", env);
  expect(env.HTTPS_PROXY).toBe("http://ada:p%40ss%3Aword@proxy.example:3128");
});

it.each([
  ["no scheme", "proxy.example:3128"],
  ["a sign-in in plain", "http://ada:hunter2@proxy.example:3128"],
  ["no text", 3128],
])("is not used with %s, which is said without showing it", async (_what, https) => {
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const env = await environment({ proxy: { https } });
  expect([env.HTTPS_PROXY, env.https_proxy]).toEqual([undefined, undefined]);
  expect(said.mock.calls.join("")).toMatch(/Pulumi\.lab\.yaml: proxy is not as it can be/);
  expect(said.mock.calls.join("")).not.toContain("hunter2");
  said.mockRestore();
});

it.each([[null], [[]], ["text"], [{ proxy: null, cluster: 3 }], [{ proxy: [], portal: null }]])(
  "is nobody's trouble with a config of %j",
  async (guild) => {
    expect(await environment(guild)).toEqual({ GUILDNET_HOME: scratch.home.root });
  },
);

it("leaves it to the engine to complain of a file that is no YAML", async () => {
  writeFileSync(join(scratch.path, "Pulumi.lab.yaml"), "config: [");
  const env: NodeJS.ProcessEnv = {};
  await takeProxy({ root: scratch.path }, "lab", env);
  expect(env).toEqual({});
});

/** Encrypts as the engine's passphrase provider does. */
function sealer(passphrase: string): { salt: string; seal: (text: string) => string } {
  const bytes = randomBytes(8),
    key = pbkdf2Sync(passphrase, bytes, 1_000_000, 32, "sha256");
  const seal = (text: string): string => {
    const nonce = randomBytes(12),
      cipher = createCipheriv("aes-256-gcm", key, nonce);
    return `v1:${nonce.toString("base64")}:${Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString("base64")}`;
  };
  return { salt: `v1:${bytes.toString("base64")}:${seal("pulumi")}`, seal };
}

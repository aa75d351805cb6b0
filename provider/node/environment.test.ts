import { execa } from "execa";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { specWith } from "../testing/node-spec.ts";
import { scratchFolder } from "../testing/scratch.ts";
import { nodeEnvironment, proxySettings } from "./environment.ts";
import { files } from "./files.ts";
import { services } from "./services.ts";

const networks = { serviceCidr: "10.96.0.0/16", podCidr: "10.244.0.0/16", lanCidr: "198.19.0.0/24" };
/** 198.18.0.0/15 is where the API server asks the kubelet for logs, and kube-router how it is. */
const inside = "10.96.0.0/16,10.244.0.0/16,198.19.0.0/24,198.18.0.0/15,localhost,127.0.0.1,::1,.svc,.cluster.local";

test("a node has the way out of the program that starts it, and nothing of the person's own", () => {
  expect(
    nodeEnvironment(
      {
        PATH: "/tools",
        HTTPS_PROXY: "http://proxy:3128",
        SSL_CERT_FILE: "/ca.pem",
        AWS_SECRET_ACCESS_KEY: "CANARY",
        HOME: "/root",
      },
      networks,
    ),
  ).toEqual({
    PATH: "/tools:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HTTPS_PROXY: "http://proxy:3128",
    SSL_CERT_FILE: "/ca.pem",
    NO_PROXY: inside,
    no_proxy: inside,
  });
});

test("what the machine reaches without a proxy, the node does too, whichever spelling says so", () => {
  for (const name of ["NO_PROXY", "no_proxy"]) {
    expect(nodeEnvironment({ [name]: "example.org" }, networks)).toMatchObject({
      NO_PROXY: `example.org,${inside}`,
      no_proxy: `example.org,${inside}`,
    });
  }
});

test.each(["http://127.0.0.1:8888", "http://ada:pw@localhost:3128/", "http://[::1]:1"])(
  "a proxy on the machine's loopback, %s, is none of the node's",
  (proxy) => {
    expect(nodeEnvironment({ HTTPS_PROXY: proxy, https_proxy: "http://127.example.org:1" }, networks)).toMatchObject({
      https_proxy: "http://127.example.org:1",
    });
    expect(nodeEnvironment({ HTTPS_PROXY: proxy }, networks)).not.toHaveProperty("HTTPS_PROXY");
  },
);

describe("a proxy of the node's settings", () => {
  const proxy = { https: "http://proxy.example:3128", exclude: ["intern.example"] };
  const direct = `intern.example,${inside}`;

  test("is a variable a line, in both spellings, past which services, pods and the LAN are", () => {
    const lines = (https: string, http = https) =>
      `HTTPS_PROXY=${https}\nhttps_proxy=${https}\nHTTP_PROXY=${http}\nhttp_proxy=${http}\nNO_PROXY=${direct}\nno_proxy=${direct}\n`;
    expect(proxySettings({ ...networks, proxy })).toBe(lines("http://proxy.example:3128"));
    expect(
      proxySettings({ ...networks, proxy: { ...proxy, http: "http://10.1.2.3:8080", credentials: "ada:p@ss" } }),
    ).toBe(lines("http://ada:p%40ss@proxy.example:3128", "http://ada:p%40ss@10.1.2.3:8080"));
    expect(proxySettings(networks)).toBeUndefined();
  });

  test("is read by what pulls images alone, and nothing of it stands in a command", () => {
    const spec = specWith({ proxy: { ...proxy, credentials: "ada:CANARY" } });
    const { containerd, ...others } = services(spec),
      plain = services(specWith());
    expect(containerd?.reads).toContain("/run/guildnet/etc/proxy");
    expect(JSON.stringify([services(spec), files(spec, { cgroup: "/x" })])).not.toContain("CANARY");
    for (const [name, service] of Object.entries(others)) expect(service, name).toEqual(plain[name]);
  });

  test("reaches the program in its environment, whatever letters are in it", async () => {
    const folder = scratchFolder(),
      settings = join(folder, "proxy");
    const odd = "http://ada:%24%28id%29%20%22@proxy.example:3128";
    writeFileSync(settings, `HTTPS_PROXY=${odd}\nNO_PROXY=$(id),a b\n`);
    const command = services(specWith({ proxy })).containerd?.command ?? [];
    const shell = command
      .slice(command.indexOf("bash"), command.indexOf("containerd"))
      .map((word) => (word === "/run/guildnet/etc/proxy" ? settings : word));
    const { stdout } = await execa(shell[0] ?? "", [...shell.slice(1), "env"]);
    expect(stdout.split("\n")).toEqual(expect.arrayContaining([`HTTPS_PROXY=${odd}`, "NO_PROXY=$(id),a b"]));
  });
});

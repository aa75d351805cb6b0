import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { specWith } from "../testing/node-spec.ts";
import { clusterDns, files, type Machine } from "./files.ts";
import { services } from "./services.ts";

const machine: Machine = { cgroup: "/guildnet-guild-test" };
const spec = specWith({ podCidr: "10.50.0.0/16", serviceCidr: "10.60.0.0/20" });
const made = files(spec, machine);
const yaml = (name: string): Record<string, unknown> => parse(made[name] ?? "") as Record<string, unknown>;

describe("the kubelet", () => {
  test("keeps pods in the node's cgroup and their processes bounded", () => {
    expect(yaml("kubelet.yaml")).toMatchObject({
      cgroupRoot: "/guildnet-guild-test",
      seccompDefault: true,
      podPidsLimit: expect.any(Number),
    });
  });

  test("answers nobody without credentials that the API server vouches for", () => {
    expect(yaml("kubelet.yaml")).toMatchObject({
      authentication: { anonymous: { enabled: false }, webhook: { enabled: true } },
      authorization: { mode: "Webhook" },
    });
    expect(yaml("kubelet.yaml")).not.toHaveProperty("readOnlyPort");
  });

  test("points pods at the tenth address of Services", () => {
    expect(yaml("kubelet.yaml")).toMatchObject({ clusterDNS: ["10.60.0.10"] });
  });

  test.each([
    ["10.96.0.0/16", "10.96.0.10"],
    ["10.0.0.16/28", "10.0.0.26"],
    ["10.0.0.240/28", "10.0.0.250"],
    ["172.20.8.0/21", "172.20.8.10"],
  ])("of %s is %s", (cidr, address) => {
    expect(clusterDns(cidr)).toBe(address);
  });
});

describe("the API server", () => {
  test("answers without credentials for health alone", () => {
    expect(yaml("authentication.yaml").anonymous).toEqual({
      enabled: true,
      conditions: [{ path: "/livez" }, { path: "/readyz" }, { path: "/healthz" }],
    });
    expect(yaml("authentication.yaml")).not.toHaveProperty("jwt");
  });

  test("holds every namespace to restricted pods unless it says otherwise, and exempts none", () => {
    const {
      plugins: [plugin],
    } = yaml("admission.yaml") as {
      plugins: [{ name: string; configuration: { defaults: object; exemptions: object } }];
    };
    expect(plugin.name).toBe("PodSecurity");
    expect(plugin.configuration.defaults).toMatchObject({
      enforce: "restricted",
      audit: "restricted",
      warn: "restricted",
    });
    expect(plugin.configuration.exemptions).toEqual({ usernames: [], runtimeClasses: [], namespaces: [] });
  });

  test("writes down who did what to everything, and no body, which could hold a secret", () => {
    const { rules } = yaml("audit-policy.yaml") as { rules: { level: string }[] };
    expect(new Set(rules.map(({ level }) => level))).toEqual(new Set(["None", "Metadata"]));
    expect(rules.at(-1)).toEqual({ level: "Metadata" });
  });

  test("leaves out of the audit only reads by the system, leases and health", () => {
    const { rules } = yaml("audit-policy.yaml") as {
      rules: {
        level: string;
        verbs?: string[];
        resources?: unknown;
        nonResourceURLs?: unknown;
        users?: string[];
        userGroups?: string[];
      }[];
    };
    for (const rule of rules.filter(
      ({ level, resources, nonResourceURLs }) => level === "None" && !resources && !nonResourceURLs,
    )) {
      expect(rule.verbs).toEqual(["get", "list", "watch"]);
      for (const who of [...(rule.users ?? []), ...(rule.userGroups ?? [])])
        expect(who).toMatch(/^system:(kube-|apiserver$|nodes$|serviceaccounts:kube-system$)/);
    }
    expect(rules.flatMap(({ resources }) => resources ?? [])).toEqual([
      { group: "coordination.k8s.io", resources: ["leases"] },
    ]);
  });
});

describe("containerd", () => {
  const line = (text: string): boolean =>
    (made["containerd.toml"] ?? "").split("\n").some((each) => each.trim() === text);

  test("runs where processes may not lower their score for the memory killer, as in a container", () => {
    expect(line("restrict_oom_score_adj = true")).toBe(true);
  });

  test("is content with images whose layers it has unpacked only", () => {
    expect(line("discard_unpacked_layers = true")).toBe(true);
  });

  test("lets pods without capabilities serve DNS", () => {
    expect(line("enable_unprivileged_ports = true")).toBe(true);
  });

  test("writes below the node's own folders alone", () => {
    const paths = [...(made["containerd.toml"] ?? "").matchAll(/^\s*(?:root|state|address|conf_dir) = "(.*)"$/gm)].map(
      ([, path]) => path,
    );
    expect(paths).toHaveLength(4);
    for (const path of paths) expect(path).toMatch(/^\/run\/(guildnet|containerd)(\/|$)/);
  });
});

describe("a registry inside the cluster", () => {
  const known = files(
    specWith({
      registries: [
        { host: "registry.example.svc", address: "10.60.0.11", caCertificatePem: "-----BEGIN CERTIFICATE-----\n" },
      ],
    }),
    machine,
  );

  test("is found at its address, and trusted by its own authority alone", () => {
    const ca = 'ca = "/run/guildnet/etc/certs.d/registry.example.svc/ca.crt"';
    expect(known["certs.d/registry.example.svc/hosts.toml"]).toBe(
      `server = "https://10.60.0.11"\n${ca}\n\n[host."https://10.60.0.11"]\n  capabilities = ["pull", "resolve"]\n  ${ca}\n`,
    );
    expect(known["certs.d/registry.example.svc/ca.crt"]).toBe("-----BEGIN CERTIFICATE-----\n");
    expect(Object.keys(made).filter((name) => name.startsWith("certs.d"))).toEqual([]);
  });

  test("is looked for where it is written, by a containerd that isn't restarted for it", () => {
    expect(known["containerd.toml"]).toContain('config_path = "/run/guildnet/etc/certs.d"');
    expect(known["containerd.toml"]).toBe(made["containerd.toml"]);
  });
});

describe("the network", () => {
  test("drops what is meant for pods, Services, the LAN, the node or a cloud's metadata but would leave the machine, and what comes from the LAN", () => {
    const [guard, fromLan, unjudged, ...others] = (made["nftables.conf"] ?? "")
      .split("\n")
      .filter((each) => each.includes("drop"));
    expect(unjudged).toContain("meta mark");
    expect(others).toEqual([]);
    const [, interfaceName, destinations] =
      /oifname "(\w+)" ip daddr \{ ([^}]+) \} (?:counter )?drop$/.exec(guard?.trim() ?? "") ?? [];
    expect(services(spec).uplink?.command.at(-1)).toBe(interfaceName);
    expect(destinations?.split(", ").sort()).toEqual([
      "0.0.0.0/8",
      "10.50.0.0/16",
      "10.60.0.0/20",
      "127.0.0.0/8",
      "169.254.0.0/16",
      "198.18.0.0/16",
      "198.19.0.0/24",
    ]);
    expect(fromLan?.trim()).toBe(`oifname "${interfaceName}" ip saddr 198.19.0.0/24 counter drop`);
  });

  test("keeps what a pod sends from leaving the machine until a network policy has let it", () => {
    const chain = /chain unjudged \{(.*?)\n {2}\}/s.exec(made["nftables.conf"] ?? "")?.[1] ?? "";
    // After iptables' own chains, which mark what they accept.
    expect(chain).toContain("hook forward priority filter + 1");
    expect(chain).toMatch(/oifname "uplink" ip saddr 10\.50\.0\.0\/16 meta mark & 0x20000 != 0x20000 counter drop/);
  });

  test("drops what is meant for the machine that it is on", () => {
    expect(made["machine.nft"]).toContain('oifname "uplink" ip daddr @own counter drop');
  });

  test("can be made anew while it is used: the table is replaced at once", () => {
    expect(made["nftables.conf"]).toMatch(/^table ip node\ndelete table ip node\ntable ip node \{\n/);
    expect(made["machine.nft"]).toMatch(/^table ip machine\ndelete table ip machine\ntable ip machine \{\n/);
  });

  test("has the node at the first address of its LAN", () => {
    expect(made["lan-address"]).toBe("198.19.0.1/24\n");
    expect(files(specWith({ lanCidr: "192.168.77.64/28" }), machine)["lan-address"]).toBe("192.168.77.65/28\n");
  });

  test("gives pods addresses of their range alone, and the node's on the way out", () => {
    const {
      plugins: [bridge],
    } = JSON.parse(made["cni/10-node.conflist"] ?? "") as { plugins: [{ ipam: { ranges: unknown }; ipMasq: boolean }] };
    expect(bridge.ipam.ranges).toEqual([[{ subnet: "10.50.0.0/16" }]]);
    expect(made["nftables.conf"]).toContain('oifname "uplink" ip saddr 10.50.0.0/16 masquerade');
  });

  test("serves the ports of the node that a pod asks for", () => {
    const { plugins } = JSON.parse(made["cni/10-node.conflist"] ?? "") as {
      plugins: { type: string; capabilities?: object }[];
    };
    expect(plugins.map(({ type }) => type)).toEqual(["bridge", "portmap"]);
    expect(plugins[1]?.capabilities).toEqual({ portMappings: true });
  });

  test("serves NodePorts at the node's own address, in its own tables, and leaves the host's settings alone", () => {
    expect(yaml("kube-proxy.yaml")).toMatchObject({
      mode: "nftables",
      nodePortAddresses: ["primary"],
      conntrack: { maxPerCore: 0, min: 0 },
    });
  });

  test("asks one name server of its own, which asks those that the host has by then, and searches none of its domains", () => {
    expect(made["resolv.conf"]).toBe("nameserver 198.18.0.53\n");
    expect(services(spec).resolver?.command.at(-1)).toBe("198.18.0.53");
  });
});

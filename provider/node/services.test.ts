import { describe, expect, test } from "vitest";
import { specWith } from "../testing/node-spec.ts";
import { services } from "./services.ts";

const spec = specWith({ publish: [{ hostPort: 8090, nodePort: 30090 }, { hostAddress: "192.168.1.2", hostPort: 8090, nodePort: 30443 }] });
const all = services(spec);
const commandOf = (name: string): readonly string[] => all[name]?.command ?? [];

/** Values of a flag, in either way of writing it. */
function values(name: string, flag: string): string[] {
  return commandOf(name).flatMap((argument, index, command) => {
    if (argument.startsWith(`${flag}=`)) return argument.slice(flag.length + 1);
    return argument === flag ? command[index + 1] ?? [] : [];
  });
}

describe("every service", () => {
  test.each(Object.keys(all))("%s is started again when a file that it reads at its start changed", (name) => {
    const named = commandOf(name).flatMap((argument) => /\/run\/guildnet\/etc\/\S+$/.exec(argument) ?? []);
    expect(all[name]?.reads).toEqual(expect.arrayContaining(named));
  });

  test("but the uplink runs in the node's network", () => {
    const outside = Object.keys(all).filter((name) => commandOf(name).slice(0, 3).join(" ") !== "nsenter --net=/run/node.netns --");
    expect(outside).toEqual(["uplink"]);
  });
});

describe("the API server", () => {
  test("lets nodes reach only what their pods need", () => {
    expect(values("kube-apiserver", "--authorization-mode")).toEqual(["Node,RBAC"]);
    expect(values("kube-apiserver", "--enable-admission-plugins")).toEqual(["NodeRestriction"]);
  });

  test("encrypts secrets at rest, keeps an audit log and has no debugging entrance", () => {
    expect(values("kube-apiserver", "--encryption-provider-config")).toEqual(["/run/guildnet/etc/encryption.yaml"]);
    expect(values("kube-apiserver", "--audit-log-path")).toHaveLength(1);
    for (const name of ["kube-apiserver", "kube-controller-manager", "kube-scheduler"]) expect(values(name, "--profiling")).toEqual(["false"]);
  });

  test("leaves it to Pod Security who may be privileged", () => {
    expect(values("kube-apiserver", "--allow-privileged")).toEqual(["true"]);
    expect(values("kube-apiserver", "--admission-control-config-file")).toEqual(["/run/guildnet/etc/admission.yaml"]);
  });

  test("takes one range for Services, the same as the controllers", () => {
    for (const name of ["kube-apiserver", "kube-controller-manager"]) expect(values(name, "--service-cluster-ip-range")).toEqual([spec.serviceCidr]);
  });
});

test("network policies are enforced by kube-router, which routes nothing and serves no Service", () => {
  expect(values("kube-router", "--run-firewall")).toEqual(["true"]);
  for (const flag of ["--run-router", "--run-service-proxy"]) expect(values("kube-router", flag)).toEqual(["false"]);
  expect(values("kube-router", "--service-cluster-ip-range")).toEqual([spec.serviceCidr]);
});

test("etcd listens on the node's loopback and wants a certificate of every client and peer", () => {
  for (const flag of ["--listen-client-urls", "--listen-peer-urls"]) expect(values("etcd", flag)).toEqual([expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/)]);
  for (const flag of ["--client-cert-auth", "--peer-client-cert-auth"]) expect(values("etcd", flag)).toEqual(["true"]);
});

describe("the uplink", () => {
  test("listens on loopback alone unless asked", () => {
    const published = services(specWith({ publish: [{ hostPort: 8090, nodePort: 30090 }] })).uplink?.command ?? [];
    const ports = published.filter((_argument, index) => published[index - 1] === "--tcp-ports");
    expect(ports).toHaveLength(2);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1\//);
    expect(values("uplink", "--tcp-ports")).toContain("192.168.1.2/8090:20443");
  });

  test("leads from the API server's port to it", () => {
    expect(values("uplink", "--tcp-ports")).toContain(`127.0.0.1/${spec.apiPort}:6443`);
  });

  test("gives the node no way to the host's loopback, by the gateway or its own", () => {
    expect(commandOf("uplink")).toContain("--no-map-gw");
    for (const flag of ["--tcp-ns", "--udp-ns", "--udp-ports"]) expect(values("uplink", flag)).toEqual(["none"]);
    expect(commandOf("uplink").filter((argument) => /^--(map-host-loopback|map-guest-addr)/.test(argument))).toEqual([]);
  });
});

describe("a published port", () => {
  test("leads through a relay of its own to its NodePort", () => {
    for (const [nodePort, relayPort] of [[30090, 20090], [30443, 20443]]) {
      expect(commandOf(`publish-${nodePort}`).slice(-2)).toEqual([expect.stringMatching(`^TCP-LISTEN:${relayPort},`), expect.stringMatching(`^TCP:198\\.18\\.0\\.1:${nodePort},`)]);
      expect(values("uplink", "--tcp-ports")).toContainEqual(expect.stringMatching(`:${relayPort}$`));
    }
  });

  test("can be one that a component listens on inside the node", () => {
    const { uplink, "publish-30090": relay } = services(specWith({ publish: [{ hostPort: 6443, nodePort: 30090 }] }));
    expect(uplink?.command).toContain("127.0.0.1/6443:20090");
    expect(relay?.command).toContainEqual(expect.stringMatching("^TCP-LISTEN:20090,"));
  });
});

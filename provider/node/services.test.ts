import { describe, expect, test } from "vitest";
import { specWith } from "../testing/node-spec.ts";
import { services } from "./services.ts";

const spec = specWith({
  publish: [
    { hostPort: 8090, nodePort: 30090 },
    { hostAddress: "192.168.1.2", hostPort: 8090, nodePort: 30443 },
  ],
});
const all = services(spec);
const commandOf = (name: string): readonly string[] => all[name]?.command ?? [];

/** Values of a flag, in either way of writing it. */
function values(name: string, flag: string): string[] {
  return commandOf(name).flatMap((argument, index, command) => {
    if (argument.startsWith(`${flag}=`)) return argument.slice(flag.length + 1);
    return argument === flag ? (command[index + 1] ?? []) : [];
  });
}

describe("every service", () => {
  test.each(Object.keys(all))("%s is started again when a file that it reads at its start changed", (name) => {
    const named = commandOf(name).flatMap((argument) => /\/run\/guildnet\/etc\/\S+$/.exec(argument) ?? []);
    expect(all[name]?.reads).toEqual(expect.arrayContaining(named));
  });

  test("but the way out, and what looks after the host, runs in the node's network", () => {
    const outside = Object.keys(all).filter(
      (name) => commandOf(name).slice(0, 3).join(" ") !== "nsenter --net=/run/node.netns --",
    );
    expect(outside).toEqual(["uplink", "machine-addresses", "resolver"]);
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
    for (const name of ["kube-apiserver", "kube-controller-manager", "kube-scheduler"])
      expect(values(name, "--profiling")).toEqual(["false"]);
  });

  test("leaves it to Pod Security who may be privileged", () => {
    expect(values("kube-apiserver", "--allow-privileged")).toEqual(["true"]);
    expect(values("kube-apiserver", "--admission-control-config-file")).toEqual(["/run/guildnet/etc/admission.yaml"]);
  });

  test("takes one range for Services, the same as the controllers", () => {
    for (const name of ["kube-apiserver", "kube-controller-manager"])
      expect(values(name, "--service-cluster-ip-range")).toEqual([spec.serviceCidr]);
  });
});

test("network policies are enforced by kube-router, which routes nothing and serves no Service", () => {
  expect(values("kube-router", "--run-firewall")).toEqual(["true"]);
  for (const flag of ["--run-router", "--run-service-proxy"]) expect(values("kube-router", flag)).toEqual(["false"]);
  expect(values("kube-router", "--service-cluster-ip-range")).toEqual([spec.serviceCidr]);
});

test("etcd listens on the node's loopback and wants a certificate of every client and peer", () => {
  for (const flag of ["--listen-client-urls", "--listen-peer-urls"])
    expect(values("etcd", flag)).toEqual([expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/)]);
  for (const flag of ["--client-cert-auth", "--peer-client-cert-auth"]) expect(values("etcd", flag)).toEqual(["true"]);
});

test("the way out publishes nothing, and gives the node none to the host's loopback", () => {
  expect(commandOf("uplink")).not.toContain("--api-socket");
  for (const flag of ["--disable-host-loopback", "--disable-dns", "--enable-sandbox"])
    expect(commandOf("uplink")).toContain(flag);
});

test("ports are published by a program that has no way for datagrams, and starts anew with other ports", () => {
  expect(commandOf("publish").slice(-4)).toEqual(["haproxy", "-db", "-f", "/run/guildnet/etc/publish.cfg"]);
  expect(all.publish?.reads).toEqual(["/run/guildnet/etc/publish.cfg"]);
});

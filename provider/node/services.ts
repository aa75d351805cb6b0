import { inNode, networkNamespace, nodeName, addresses, policyHealthPort } from "./layout.ts";
import type { NodeSpec } from "./spec.ts";

/** A supervised process: its command, and the files it reads at start, so that a change restarts it. */
export interface Service {
  readonly command: readonly string[];
  readonly reads: readonly string[];
}

export const etc = (file: string): string => `${inNode}/etc/${file}`;
export const pki = (file: string): string => `${inNode}/pki/${file}`;
const script = (name: string): string => `${inNode}/run/${name}`;
const bin = (name: string): string => `/run/kubernetes/bin/${name}`;

/** All processes of a node by name. */
export function services(spec: NodeSpec): Record<string, Service> {
  return {
    etcd: inNetwork(etcd()),
    "kube-apiserver": inNetwork(
      apiServer(spec),
      etc("authentication.yaml"),
      etc("encryption.yaml"),
      etc("admission.yaml"),
      etc("audit-policy.yaml"),
    ),
    "kube-controller-manager": inNetwork(controllerManager(spec), etc("kube-controller-manager.kubeconfig")),
    "kube-scheduler": inNetwork(scheduler(), etc("kube-scheduler.kubeconfig")),
    containerd: inNetwork(
      [...throughProxy(spec), "containerd", "--config", etc("containerd.toml")],
      etc("containerd.toml"),
      etc("cni/10-node.conflist"),
      ...(spec.proxy === undefined ? [] : [etc("proxy")]),
    ),
    kubelet: inNetwork(kubelet(), etc("kubelet.yaml"), etc("kubelet.kubeconfig"), etc("resolv.conf")),
    "kube-proxy": inNetwork(
      [bin("kube-proxy"), `--config=${etc("kube-proxy.yaml")}`],
      etc("kube-proxy.yaml"),
      etc("kube-proxy.kubeconfig"),
    ),
    "kube-router": inNetwork(kubeRouter(spec), etc("kube-router.kubeconfig")),
    uplink: { command: uplink(), reads: [] },
    "machine-addresses": {
      command: [script("machine-addresses")],
      reads: [script("machine-addresses"), etc("machine.nft")],
    },
    resolver: {
      command: [process.execPath, script("resolver.mjs"), addresses.resolver],
      reads: [script("resolver.mjs")],
    },
    keeper: inNetwork([process.execPath, script("keeper.mjs"), inNode, "https://127.0.0.1:6443"], script("keeper.mjs")),
    publish: inNetwork(["haproxy", "-db", "-f", etc("publish.cfg")], etc("publish.cfg")),
  };
}

/** What pulls images: its variables are in a file, as what stands in a command everybody on the machine can read. */
function throughProxy({ proxy }: NodeSpec): string[] {
  return proxy === undefined
    ? []
    : ["bash", "-c", 'while IFS= read -r variable; do export "$variable"; done <"$0"; exec "$@"', etc("proxy")];
}

function inNetwork(command: string[], ...reads: string[]): Service {
  return { command: ["nsenter", `--net=${networkNamespace}`, "--", ...command], reads };
}

function etcd(): string[] {
  const clients = "https://127.0.0.1:2379",
    peers = "https://127.0.0.1:2380";
  return [
    bin("etcd"),
    ...flags({
      name: nodeName,
      "data-dir": `${inNode}/data/etcd`,
      "listen-client-urls": clients,
      "advertise-client-urls": clients,
      "listen-peer-urls": peers,
      "initial-advertise-peer-urls": peers,
      "initial-cluster": `${nodeName}=${peers}`,
      "cert-file": pki("etcd.crt"),
      "key-file": pki("etcd.key"),
      "trusted-ca-file": pki("etcd-ca.crt"),
      "client-cert-auth": true,
      "peer-cert-file": pki("etcd.crt"),
      "peer-key-file": pki("etcd.key"),
      "peer-trusted-ca-file": pki("etcd-ca.crt"),
      "peer-client-cert-auth": true,
      "log-level": "warn",
    }),
  ];
}

function apiServer(spec: NodeSpec): string[] {
  return [
    bin("kube-apiserver"),
    ...flags({
      "advertise-address": addresses.node,
      "secure-port": 6443,
      "tls-cert-file": pki("apiserver.crt"),
      "tls-private-key-file": pki("apiserver.key"),
      "client-ca-file": pki("ca.crt"),
      "etcd-servers": "https://127.0.0.1:2379",
      "etcd-cafile": pki("etcd-ca.crt"),
      "etcd-certfile": pki("apiserver-etcd-client.crt"),
      "etcd-keyfile": pki("apiserver-etcd-client.key"),
      "authorization-mode": "Node,RBAC",
      "enable-admission-plugins": "NodeRestriction",
      // Pod Security, restricted where a namespace says nothing else, decides who may be privileged.
      "allow-privileged": true,
      "admission-control-config-file": etc("admission.yaml"),
      "authentication-config": etc("authentication.yaml"),
      "encryption-provider-config": etc("encryption.yaml"),
      "audit-policy-file": etc("audit-policy.yaml"),
      "audit-log-path": `${inNode}/log/audit/audit.log`,
      "audit-log-maxsize": 50,
      "audit-log-maxbackup": 5,
      "audit-log-maxage": 90,
      "kubelet-client-certificate": pki("apiserver-kubelet-client.crt"),
      "kubelet-client-key": pki("apiserver-kubelet-client.key"),
      "kubelet-certificate-authority": pki("ca.crt"),
      // The node's name resolves nowhere, so logs and exec go to its address.
      "kubelet-preferred-address-types": "InternalIP",
      "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
      "service-account-key-file": pki("service-account.pub"),
      "service-account-signing-key-file": pki("service-account.key"),
      "service-cluster-ip-range": spec.serviceCidr,
      "requestheader-client-ca-file": pki("front-proxy-ca.crt"),
      "requestheader-allowed-names": "front-proxy-client",
      "requestheader-username-headers": "X-Remote-User",
      "requestheader-group-headers": "X-Remote-Group",
      "requestheader-extra-headers-prefix": "X-Remote-Extra-",
      "proxy-client-cert-file": pki("front-proxy-client.crt"),
      "proxy-client-key-file": pki("front-proxy-client.key"),
      profiling: false,
    }),
  ];
}

function controllerManager(spec: NodeSpec): string[] {
  const kubeconfig = etc("kube-controller-manager.kubeconfig");
  return [
    bin("kube-controller-manager"),
    ...flags({
      kubeconfig,
      "authentication-kubeconfig": kubeconfig,
      "authorization-kubeconfig": kubeconfig,
      "bind-address": "127.0.0.1",
      "cluster-cidr": spec.podCidr,
      "service-cluster-ip-range": spec.serviceCidr,
      "cluster-signing-cert-file": pki("ca.crt"),
      "cluster-signing-key-file": pki("ca.key"),
      "root-ca-file": pki("ca.crt"),
      "service-account-private-key-file": pki("service-account.key"),
      "use-service-account-credentials": true,
      "leader-elect": false,
      profiling: false,
    }),
  ];
}

function scheduler(): string[] {
  const kubeconfig = etc("kube-scheduler.kubeconfig");
  return [
    bin("kube-scheduler"),
    ...flags({
      kubeconfig,
      "authentication-kubeconfig": kubeconfig,
      "authorization-kubeconfig": kubeconfig,
      "bind-address": "127.0.0.1",
      "leader-elect": false,
      profiling: false,
    }),
  ];
}

function kubelet(): string[] {
  return [
    bin("kubelet"),
    ...flags({
      config: etc("kubelet.yaml"),
      kubeconfig: etc("kubelet.kubeconfig"),
      "root-dir": `${inNode}/data/kubelet`,
      "hostname-override": nodeName,
      "node-ip": addresses.node,
    }),
  ];
}

/** Has iptables enforce network policies; kube-proxy serves Services, and pods are on a bridge. */
function kubeRouter(spec: NodeSpec): string[] {
  return [
    bin("kube-router"),
    ...flags({
      kubeconfig: etc("kube-router.kubeconfig"),
      "hostname-override": nodeName,
      "run-firewall": true,
      "run-router": false,
      "run-service-proxy": false,
      "service-cluster-ip-range": spec.serviceCidr,
      "health-port": policyHealthPort,
    }),
  ];
}

/**
 * The node's way out. Runs in the host's network, attached to the node's: the host gets no interface,
 * route or table. Its gateway does not lead to the host's loopback. `scripts/network` makes its interface
 * and what leads there. The mounts that it hides behind are its own: the node's are shared with all that
 * comes after them.
 *
 * Not Debian 12's pasta: that keeps the number of a UDP socket that it closed, three minutes after the last
 * datagram, and later writes those of the same port into whatever connection has got that number, or loses them;
 * and what pods send right after connecting it may never read.
 */
function uplink(): string[] {
  return [
    "unshare",
    "--mount",
    "--propagation",
    "private",
    "--",
    "slirp4netns",
    "--netns-type",
    "path",
    "--cidr",
    addresses.outside,
    "--mtu",
    "65520",
    "--disable-host-loopback",
    "--disable-dns",
    "--enable-sandbox",
    "--enable-seccomp",
    networkNamespace,
    "uplink",
  ];
}

function flags(values: Record<string, string | number | boolean>): string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}

import { stringify } from "yaml";
import { addressIn } from "./cidr.ts";
import { addresses, containerdSocket, inNode, nodeName } from "./layout.ts";
import { publisher } from "./publish.ts";
import { kubeRouterUser } from "./roles.ts";
import { etc, pki } from "./services.ts";
import type { NodeSpec } from "./spec.ts";

/** What this machine is like, as far as the node's files depend on it. */
export interface Machine {
  /** The cgroup the node's pods live below, for instance "/guildnet-dev". */
  readonly cgroup: string;
}

/** Every configuration file of a node by its path below `etc/`. Pure; secrets and credentials are elsewhere (`credentials.ts`). */
export function files(spec: NodeSpec, machine: Machine): Record<string, string> {
  return {
    "node-address": `${addresses.node}\n`,
    "lan-address": `${lanAddress(spec)}\n`,
    "uplink-address": `${addresses.uplink}\n`,
    "gateway-address": `${addresses.gateway}\n`,
    "publish.cfg": publisher(spec),
    "resolver-address": `${addresses.resolver}\n`,
    // The machine's own search domains are no business of pods: they would ask there for every name of the web.
    "resolv.conf": `nameserver ${addresses.resolver}\n`,
    "machine.nft": machineGuard,
    "nftables.conf": nftables(spec),
    "containerd.toml": containerd(),
    "cni/10-node.conflist": JSON.stringify(cni(spec), null, 2),
    "admission.yaml": stringify(admission),
    "authentication.yaml": stringify(authentication),
    "audit-policy.yaml": stringify(auditPolicy),
    "kubelet.yaml": stringify(kubelet(spec, machine)),
    "kube-proxy.yaml": stringify(kubeProxy(spec)),
    ...registries(spec),
  };
}

/** Tenth address of the Service range, where CoreDNS answers; the convention of kubeadm. */
export function clusterDns(serviceCidr: string): string {
  return addressIn(serviceCidr, 10);
}

/** The node's address on its LAN, the first one, with the network's length. */
function lanAddress({ lanCidr }: NodeSpec): string {
  return `${addressIn(lanCidr, 1)}/${lanCidr.split("/")[1]}`;
}

/** The mark of packets that network policies allow. https://github.com/cloudnativelabs/kube-router/blob/v2.1.0/pkg/controllers/netpol/network_policy_controller.go */
const ACCEPTED = "0x20000";

/**
 * The node's own table: pods reach the world under the node's address, and nothing that is
 * meant for a pod, a Service, the LAN or a cloud's metadata address ever leaves through the
 * uplink, nor anything that comes from the LAN, nor anything of a pod whose network policies are not
 * in force yet: kube-router marks what it has let through. Made anew as a whole, so that it can be read again.
 */
function nftables({ podCidr, serviceCidr, lanCidr }: NodeSpec): string {
  return `table ip node
delete table ip node
table ip node {
  chain guard {
    type filter hook postrouting priority mangle; policy accept;
    oifname "uplink" ip daddr { ${podCidr}, ${serviceCidr}, ${lanCidr}, ${addresses.own}, 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16 } counter drop
    oifname "uplink" ip saddr ${lanCidr} counter drop
  }
  chain unjudged {
    type filter hook forward priority filter + 1; policy accept;
    ct state established,related accept
    oifname "uplink" ip saddr ${podCidr} meta mark & ${ACCEPTED} != ${ACCEPTED} counter drop
  }
  chain way-out {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "uplink" ip saddr ${podCidr} masquerade
  }
}
`;
}

/**
 * Nothing in the node reaches the machine it runs on: `scripts/machine-addresses` adds that one's own
 * addresses, and makes all of this anew whenever they change.
 */
const machineGuard = `table ip machine
delete table ip machine
table ip machine {
  set own {
    type ipv4_addr; flags interval; auto-merge
  }
  chain guard {
    type filter hook postrouting priority mangle; policy accept;
    oifname "uplink" ip daddr @own counter drop
  }
}
`;

/**
 * Version 2 of the format is read by containerd 1.6 and later. Layers' archives are of no use once they are
 * unpacked, and images that are linked (`linked-layers.ts`) have none: later versions may insist on them
 * unless told so (https://github.com/containerd/containerd/pull/13658).
 */
function containerd(): string {
  return `version = 2
root = "${inNode}/data/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp"]

[grpc]
  address = "${containerdSocket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  enable_unprivileged_ports = true
  enable_unprivileged_icmp = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    discard_unpacked_layers = true
    default_runtime_name = "runc"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${etc("certs.d")}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${etc("cni")}"
`;
}

/**
 * Where registries inside the cluster are, whose names the node can't resolve, and whom to
 * trust there. Read at every pull. JSON's strings are TOML's.
 * https://github.com/containerd/containerd/blob/main/docs/hosts.md
 */
function registries({ registries: known }: NodeSpec): Record<string, string> {
  return Object.fromEntries(
    known.flatMap(({ host, address, caCertificatePem }) => [
      [`certs.d/${host}/ca.crt`, caCertificatePem],
      [`certs.d/${host}/hosts.toml`, hosts(`https://${address}`, etc(`certs.d/${host}/ca.crt`))],
    ]),
  );
}

/** containerd 1.6 reads no file without a `host`, and falls back to `server`, which would be looked up by name if it weren't the same. */
function hosts(url: string, ca: string): string {
  const [address, authority] = [JSON.stringify(url), JSON.stringify(ca)];
  return `server = ${address}\nca = ${authority}\n\n[host.${address}]\n  capabilities = ["pull", "resolve"]\n  ca = ${authority}\n`;
}

/** The image of every pod's sandbox. */
export const pauseImage = "registry.k8s.io/pause:3.10.1";

function cni({ podCidr }: NodeSpec): object {
  return {
    cniVersion: "0.4.0",
    name: "node",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        ipMasq: false,
        hairpinMode: true,
        promiscMode: false,
        ipam: {
          type: "host-local",
          dataDir: "/run/cni",
          ranges: [[{ subnet: podCidr }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
      // A pod's `hostPort`, at the node's address: Pod Security decides who may have one.
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}

/** Restricted for every namespace that does not say otherwise in its own labels. */
const admission = {
  apiVersion: "apiserver.config.k8s.io/v1",
  kind: "AdmissionConfiguration",
  plugins: [
    {
      name: "PodSecurity",
      configuration: {
        apiVersion: "pod-security.admission.config.k8s.io/v1",
        kind: "PodSecurityConfiguration",
        defaults: {
          enforce: "restricted",
          "enforce-version": "latest",
          audit: "restricted",
          "audit-version": "latest",
          warn: "restricted",
          "warn-version": "latest",
        },
        exemptions: { usernames: [], runtimeClasses: [], namespaces: [] },
      },
    },
  ],
};

/** Without credentials only health is answered. */
const authentication = {
  apiVersion: "apiserver.config.k8s.io/v1",
  kind: "AuthenticationConfiguration",
  anonymous: { enabled: true, conditions: [{ path: "/livez" }, { path: "/readyz" }, { path: "/healthz" }] },
};

/** Who did what, without bodies: bodies carry secrets. Reads by the system's own controllers are left out. */
const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [
    {
      level: "None",
      users: [
        "system:kube-controller-manager",
        "system:kube-scheduler",
        "system:kube-proxy",
        kubeRouterUser,
        "system:apiserver",
      ],
      verbs: ["get", "list", "watch"],
    },
    {
      level: "None",
      userGroups: ["system:nodes", "system:serviceaccounts:kube-system"],
      verbs: ["get", "list", "watch"],
    },
    { level: "None", resources: [{ group: "coordination.k8s.io", resources: ["leases"] }] },
    { level: "None", nonResourceURLs: ["/livez*", "/readyz*", "/healthz*", "/version"] },
    { level: "Metadata" },
  ],
};

function kubelet({ serviceCidr }: NodeSpec, { cgroup }: Machine): object {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: pki("ca.crt") },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: pki("kubelet.crt"),
    tlsPrivateKeyFile: pki("kubelet.key"),
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: cgroup,
    failCgroupV1: false,
    clusterDomain: "cluster.local",
    clusterDNS: [clusterDns(serviceCidr)],
    resolvConf: etc("resolv.conf"),
    podLogsDir: `${inNode}/log/pods`,
    volumePluginDir: `${inNode}/data/kubelet/volume-plugins`,
    // Of a container that runs out of memory one process ends: the build, not the editor beside it. In version 2 of cgroups all would.
    singleProcessOOMKill: true,
    failSwapOn: false,
    seccompDefault: true,
    serializeImagePulls: false,
    maxPods: 250,
    podPidsLimit: 4096,
    // The machine is shared with other work: its disk may be nearly full for reasons of its own,
    // and images that were loaded rather than pulled would not come back.
    imageGCHighThresholdPercent: 100,
    imageMinimumGCAge: "24h",
    evictionHard: { "memory.available": "200Mi", "nodefs.available": "1Gi", "imagefs.available": "1Gi" },
  };
}

function kubeProxy({ podCidr }: NodeSpec): object {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "nftables",
    hostnameOverride: nodeName,
    clusterCIDR: podCidr,
    clientConnection: { kubeconfig: etc("kube-proxy.kubeconfig") },
    // Limits of connection tracking are the host's.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
    nodePortAddresses: ["primary"],
  };
}

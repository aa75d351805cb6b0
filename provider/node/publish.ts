import { addresses } from "./layout.ts";
import type { NodeSpec } from "./spec.ts";

/** The name, below `/run/netns`, of the network that the machine itself is in. */
const HOST = "host";

/**
 * Settings of what publishes ports of the node on this machine: HAProxy, as TCP alone. It listens in the
 * host's network and connects in the node's, where it runs, and has root's rights until it listens.
 *
 * A program of its own that sends no datagrams: what comes from pods never shares a process with it. Pure.
 * https://docs.haproxy.org/2.6/configuration.html
 */
export function publisher(spec: NodeSpec): string {
  const published = [
    { name: "api", from: `127.0.0.1:${spec.apiPort}`, to: "127.0.0.1:6443", announced: false },
    ...spec.publish.map(({ hostAddress, hostPort, nodePort, announceVisitors }) => ({
      name: `port-${nodePort}`,
      from: `${hostAddress}:${hostPort}`,
      to: `${addresses.node}:${nodePort}`,
      announced: announceVisitors,
    })),
  ];
  const sections: [string, ...string[]][] = [
    // Another program at a port is an error, not a neighbour. The limit of files is the machine's, below that number.
    ["global", "uid 65534", "gid 65534", "nbthread 1", "fd-hard-limit 65536", "noreuseport"],
    // A tunnel may say nothing for days; who has gone without a word is found by keep-alives.
    [
      "defaults",
      "mode tcp",
      "retries 0",
      "timeout connect 5s",
      "timeout client 24d",
      "timeout server 24d",
      "option clitcpka",
      "option srvtcpka",
      "clitcpka-idle 60s",
      "clitcpka-intvl 30s",
      "clitcpka-cnt 4",
    ],
    ...published.map(({ name, from, to, announced }): [string, ...string[]] => [
      `listen ${name}`,
      `bind ${from} namespace ${HOST}`,
      `server node ${to}${announced ? " send-proxy" : ""}`,
    ]),
  ];
  return sections.map(([head, ...lines]) => `${[head, ...lines.map((line) => `  ${line}`)].join("\n")}\n`).join("\n");
}

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { ConfigError } from "./mistakes.ts";
import { parseGuild } from "./parse.ts";

const folder = new URL("../fixtures/", import.meta.url);

function fixture(path: string): unknown {
  const file = parse(readFileSync(new URL(path, folder), "utf8")) as { config: { "guildnet:guild"?: unknown } };
  return file.config["guildnet:guild"] ?? {};
}

function mistakesOf(raw: unknown, kubeconfig = false) {
  try {
    parseGuild(raw, { kubeconfig });
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

/** Each invalid fixture: the keys it must name, and a piece of the fix it must propose. */
const invalid: Record<string, [keys: string[], fix: RegExp]> = {
  "internet-is-a-word": [["workspaces[0].internet"], /write one that is allowed/],
  "internet-of-no-network": [["workspaces[0].internet"], /./],
  "internet-with-host-bits": [["workspaces[0].internet[0]"], /write "10\.1\.0\.0\/16"/],
  "internet-is-this-machine": [["workspaces[0].internet[0]"], /remove it/],
  "internet-has-the-clouds-metadata": [["workspaces[0].internet[0]"], /remove it/],
  "internet-overlaps-the-pods": [
    ["workspaces[0].internet[0]"],
    /name the networks in it that are needed, or set cluster\.podCidr/,
  ],
  "internet-is-where-the-node-is": [["workspaces[0].internet[0]"], /remove it/],
  "model-that-nobody-knows-without-its-memory": [["models.list[0].memory"], /for instance "6Gi"/],
  "model-twice": [["models.list[1].name"], /remove one/],
  "model-of-a-file-that-is-nowhere": [["models.list[0].source"], /add one/],
  "model-with-more-context-than-it-was-made-for": [["models.list[0].contextWindow"], /lower it/],
  "models-larger-than-their-volume": [["models.server.storage"], /raise it/],
  "models-on-a-card-that-an-embedded-cluster-has-not": [["models.server.gpu"], /server: { kind: existing/],
  "models-of-a-server-that-is-each-pods-own": [["models.server.url"], /OLLAMA_HOST/],
  "proxy-without-a-scheme": [["proxy.https"], /./],
  "proxy-without-a-port": [["proxy.https"], /./],
  "proxy-with-a-path": [["proxy.https"], /./],
  "proxy-with-a-password": [["proxy.https"], /./],
  "proxy-without-an-address": [["proxy.https"], /add it/],
  "proxy-is-this-machine": [["proxy.https", "proxy.http"], /HTTPS_PROXY in the environment/],
  "proxy-is-among-the-pods": [["proxy.https"], /set cluster\.podCidr to another/],
  "proxy-is-in-the-whole-internet": [["proxy.networks[0]"], /name them/],
  "proxy-in-a-network-with-host-bits": [["proxy.networks[0]"], /write "10\.1\.2\.0\/24"/],
  "proxy-at-a-number": [["proxy.https"], /./],
  "proxy-excludes-an-address-of-the-web": [["proxy.exclude[0]"], /./],
  "unknown-key-at-the-top": [["workspace"], /did you mean "workspaces"/],
  "unknown-key-in-a-workspace": [["workspaces[0].prset"], /did you mean "preset"/],
  "unknown-kind-of-cluster": [["cluster.kind"], /did you mean "embedded"/],
  "talos-is-not-there-yet": [["cluster.kind"], /talosctl, then join it with kind "existing"/],
  "kind-of-cluster-is-missing": [["cluster.kind"], /./],
  "port-out-of-range": [["portal.port"], /remove the key for 8090/],
  "port-is-text": [["portal.port"], /./],
  "api-port-is-the-portals": [["cluster.apiPort"], /write 8091/],
  "pod-network-is-no-network": [["cluster.podCidr"], /remove the key for "10\.244/],
  "pod-network-is-public": [["cluster.podCidr"], /write "10\.244\.0\.0\/16"/],
  "service-network-has-host-bits": [["cluster.serviceCidr"], /write "10\.96\.0\.0\/16"/],
  "pod-network-is-too-small": [["cluster.podCidr"], /write "10\.244\.0\.0\/16"/],
  "networks-overlap": [["cluster.serviceCidr"], /write "10\.244\.0\.0\/16"/],
  "two-workspaces-of-one-name": [["workspaces[1].name"], /"ada-2"/],
  "two-workspaces-of-one-owner-without-names": [["workspaces[1].name"], /"ada-2"/],
  "workspace-name-is-no-dns-label": [["workspaces[0].name"], /./],
  "workspace-name-is-too-long": [["workspaces[0].name"], /./],
  "workspace-without-owner": [["workspaces[0].owner"], /add it/],
  "handle-is-upper-case": [["people.Ada"], /rename it/],
  "owner-is-not-among-the-people": [["workspaces[0].owner"], /did you mean "ada"/],
  "admin-is-nobody": [["portal.admins[0]"], /add "root:" below people/],
  "unknown-preset": [["workspaces[0].preset"], /remove the key for "standard"/],
  "cores-are-no-quantity": [["workspaces[0].resources.cpu"], /./],
  "storage-is-no-quantity": [["workspaces[0].storage"], /./],
  "one-workspace-exceeds-its-owners-memory": [["workspaces[0].resources.memory"], /raise people\.ada\.quota\.memory/],
  "workspaces-together-exceed-their-owners-cores": [["workspaces[1].resources.cpu"], /raise people\.ada\.quota\.cpu/],
  "more-workspaces-than-an-owner-may-have": [["workspaces[1]"], /raise people\.ada\.quota\.workspaces/],
  "port-of-a-workspace-is-the-ides": [["workspaces[0].ports[0].port"], /8081/],
  "port-of-a-workspace-twice": [["workspaces[0].ports[1].port"], /3001/],
  "port-name-twice": [["workspaces[0].ports[1].name"], /rename it/],
  "port-of-a-workspace-is-privileged": [["workspaces[0].ports[0].port"], /./],
  "environment-name-starts-with-a-digit": [["workspaces[0].environment.1ST"], /rename it/],
  "environment-name-is-ours": [["workspaces[0].environment.GUILDNET_OWNER"], /rename it/],
  "image-without-a-tag": [["workspaces[0].image"], /./],
  "image-is-latest": [["images.workspace"], /./],
  "dotfiles-with-a-password": [["workspaces[0].dotfiles"], /before the @/],
  "apps-domain-holds-the-portal": [["portal.appsDomain"], /"guild-apps\.example\.org"/],
  "portal-host-is-no-name": [["portal.host"], /remove the key for "guildnet\.localhost"/],
  "address-is-a-name": [["portal.address"], /remove the key for "127\.0\.0\.1"/],
  "service-type-on-an-embedded-cluster": [["portal.service"], /remove it/],
  "existing-cluster-without-a-kubeconfig": [["cluster.kubeconfigPath"], /--secret guildnet:kubeconfig/],
  "existing-cluster-without-images": [["images.workspace", "images.portal"], /set images\.registry/],
  "registry-for-images-of-an-embedded-cluster": [["images.registry"], /remove it/],
  "registry-for-images-without-a-host": [["images.registry"], /./],
  "authority-of-no-registry-for-images": [["images.caCertificate"], /remove it/],
  "unknown-kind-of-storage": [["storage.kind"], /did you mean "longhorn"/],
  "longhorn-on-an-embedded-cluster": [["storage.kind"], /needs nodes with iSCSI/],
  "longhorn-beside-a-class-of-the-cluster": [["cluster.storageClass"], /remove it/],
  "longhorn-backups-without-a-key": [["storage.backup"], /--secret guildnet:storageBackupKey/],
  "longhorn-backups-to-no-bucket": [["storage.backup.url"], /write one that is allowed/],
  "longhorn-snapshots-at-no-time": [["storage.snapshots.cron"], /remove the key for "0 \* \* \* \*"/],
  "longhorn-on-no-node": [["storage.replicas"], /remove the key for 3/],
  "kueue-on-an-embedded-cluster": [["batch.queue"], /write "none"/],
  "a-budget-for-a-queue-that-is-not-there": [["batch.together.cpu"], /remove it/],
  "pods-of-a-batch-space-are-none": [["batch.pods"], /remove the key for 10/],
  "registry-outside-the-service-network": [["registry.address"], /remove the key/],
  "registry-on-an-existing-cluster-without-an-address": [["registry.address"], /cluster\.serviceCidr/],
  "events-larger-than-their-volume": [["events.retention.size"], /raise events\.storage/],
  "events-that-stay-no-day": [["events.retention.days"], /remove the key for 30/],
  "figures-in-too-little-room": [["monitoring.storage"], /remove the key for "2Gi"/],
  "figures-that-stay-no-day": [["monitoring.retentionDays"], /remove the key for 30/],
  "alerts-of-more-than-the-whole-disk": [["monitoring.alerts.diskFree"], /remove the key for 10/],
  "alerts-that-nobody-knows": [["monitoring.alerts.disksFree"], /did you mean "diskFree"/],
  "radicle-on-an-existing-cluster-without-an-image": [["radicle.image"], /set images\.registry .* or name an image/],
  "radicle-keeps-what-nobody-knows": [["radicle.seeding.scope"], /did you mean "followed"/],
  "maintenance-at-an-hour-that-is-none": [["registry.maintenanceHour"], /remove the key for 3/],
  "app-named-like-the-notes": [["apps[0].name"], /rename it/],
  "workspace-named-like-the-notes": [["workspaces[0].name"], /rename it/],
  "app-named-like-a-workspace": [["apps[0].name"], /"ada-2"/],
  "app-without-a-port": [["apps[0].port"], /add it/],
  "app-with-replicas-and-storage": [["apps[0].replicas"], /write 1/],
  "app-as-root": [["apps[0].user"], /remove the key for 1000/],
  "app-mounts-its-volume-over-tmp": [["apps[0].storage.path"], /./],
  "app-of-nobody": [["apps[0].owner"], /did you mean "ada"/],
  "app-port-twice": [["apps[0].ports[0].port"], /3001/],
  "visibility-is-unknown": [["apps[0].visibility"], /did you mean "public"/],
  "apps-and-workspaces-together-exceed-their-owners-memory": [
    ["apps[0].resources.memory"],
    /raise people\.ada\.quota\.memory/,
  ],
  "workspaces-are-no-list": [["workspaces"], /./],
  "the-guild-is-a-list": [[""], /./],
  "unknown-kind-of-mesh": [["mesh.kind"], /did you mean "headscale"/],
  "mesh-port-is-the-portals": [["mesh.port"], /write 8092/],
  "mesh-network-is-outside-of-tailscales": [["mesh.network"], /write "100\.64\.0\.0\/10"/],
  "mesh-network-has-host-bits": [["mesh.network"], /write "100\.100\.0\.0\/16"/],
  "mesh-server-is-below-the-base-domain": [["mesh.hostname"], /write "headscale\.guildnet\.internal"/],
  "mesh-base-domain-holds-the-workspaces": [["mesh.baseDomain"], /write "mesh\.guildnet\.internal"/],
  "mesh-domain-holds-the-portals-host": [["portal.host"], /another mesh\.domain/],
  "mesh-of-somebody-else-without-a-key": [["mesh.kind"], /--secret guildnet:meshApiKey/],
  "mesh-server-without-https": [["mesh.url"], /./],
  "mesh-on-a-host-without-an-engine": [["mesh.dockerHost"], /ssh:\/\//],
  "mesh-engine-without-a-host": [["mesh.dockerHost"], /set placement to host/],
  "mesh-service-on-an-embedded-cluster": [["mesh.service"], /mesh\.address/],
  "mesh-on-an-existing-cluster-that-nobody-reaches": [["mesh.service"], /add it/],
  "mesh-on-an-existing-cluster-under-a-local-name": [["mesh.hostname"], /headscale\.example\.org/],
  "mesh-open-to-a-cluster-of-unknown-networks": [["mesh.access"], /write portal/],
  "route-overlaps-the-pods": [["mesh.router.routes[0]"], /remove it/],
  "route-overlaps-the-mesh": [["mesh.router.routes[0]"], /remove it/],
  "route-has-host-bits": [["mesh.router.routes[0]"], /write "192\.168\.1\.0\/24"/],
  "route-is-the-whole-internet": [["mesh.router.routes[0]"], /remove it/],
  "route-is-this-machine": [["mesh.router.routes[0]"], /remove it/],
  "device-is-called-like-the-portal": [["mesh.devices[0]"], /rename it/],
  "device-is-called-like-the-router": [["mesh.devices[1]"], /rename it/],
  "device-twice": [["mesh.devices[1]"], /rename it/],
  "router-is-called-like-the-portal": [["mesh.router.hostname"], /write "router"/],
  "person-is-called-like-the-guild-on-a-mesh": [["mesh.kind"], /another handle/],
  "person-with-one-letter-on-a-mesh": [["mesh.kind"], /another handle/],
  "acme-without-a-token": [["certificates.issuer.kind"], /--secret guildnet:dnsToken/],
  "acme-for-names-that-nobody-owns": [
    ["certificates.issuer.kind", "portal.host", "mesh.domain"],
    /guild\.example\.org/,
  ],
  "acme-without-a-way-to-prove-the-domain": [["certificates.issuer.dns01"], /./],
  "acme-writes-to-nobody": [["certificates.issuer.email"], /./],
  "name-server-is-an-address-of-the-web": [["certificates.issuer.dns01.nameserver"], /./],
  "unknown-kind-of-issuer": [["certificates.issuer.kind"], /did you mean "acme"/],
  "lan-overlaps-the-pods": [["cluster.lanCidr"], /write "198\.19\.0\.0\/24"/],
  "lan-is-public": [["cluster.lanCidr"], /write "198\.19\.0\.0\/24"/],
  "lan-is-where-the-node-is": [["cluster.lanCidr"], /write "198\.19\.0\.0\/24"/],
  "lan-is-too-small": [["cluster.lanCidr"], /write "198\.19\.0\.0\/24"/],
  "lan-of-an-existing-cluster-is-missing": [["loadBalancer.lan", "loadBalancer.pools"], /192\.168\.1\.0\/24/],
  "lan-of-an-existing-cluster-overlaps-its-pods": [["loadBalancer.lan"], /nodes themselves/],
  "lan-of-an-existing-cluster-overlaps-the-mesh": [["loadBalancer.lan"], /nodes themselves/],
  "lan-of-an-existing-cluster-on-an-embedded-one": [
    ["loadBalancer.lan", "loadBalancer.interfaces", "loadBalancer.dhcp"],
    /cluster\.lanCidr/,
  ],
  "dhcp-outside-the-lan": [["loadBalancer.dhcp[0]"], /remove it/],
  "pool-outside-the-lan": [["loadBalancer.pools[0].addresses[0]"], /"198\.19\.0\.128-198\.19\.0\.254"/],
  "pool-is-the-whole-lan": [["loadBalancer.pools[0].addresses[0]"], /"192\.168\.1\.128-192\.168\.1\.254"/],
  "pool-has-the-nodes-own-address": [["loadBalancer.pools[0].addresses[0]"], /198\.19\.0\.128/],
  "pool-has-addresses-of-dhcp": [["loadBalancer.pools[0].addresses[0]"], /fewer/],
  "pool-is-no-range": [["loadBalancer.pools[0].addresses[0]"], /./],
  "pool-has-host-bits": [["loadBalancer.pools[0].addresses[0]"], /write that/],
  "pool-twice": [["loadBalancer.pools[1].name"], /rename it/],
  "pools-overlap": [["loadBalancer.pools[1].addresses[1]"], /choose others/],
  "pool-for-the-portal-is-none-of-the-pools": [["portal.addressPool"], /did you mean "public"/],
  "pool-for-a-portal-without-an-address": [["portal.addressPool"], /remove it/],
  "pool-for-a-mesh-without-an-address": [["mesh.addressPool"], /remove it/],
  "backup-into-a-bucket-without-credentials": [
    ["backup.target", "backup.target"],
    /--secret guildnet:backup(Access|Secret)Key/,
  ],
  "backup-at-a-time-that-is-none": [["backup.schedule"], /remove the key for "30 1 \* \* \*"/],
  "backup-with-a-password-in-its-address": [["backup.target.url"], /write one/],
  "backup-to-a-server-without-the-users-password": [["backup.target"], /--secret guildnet:backupServerPassword/],
  "workspace-named-like-a-volume-of-the-guild": [["workspaces[0].name"], /"registry-2"/],
  "memory-of-a-workspace-is-four-bytes": [["workspaces[0].resources.memory"], /write one that is allowed/],
  "memory-of-a-workspace-is-in-thousandths": [["workspaces[0].resources.memory"], /./],
  "memory-of-a-workspace-starts-no-editor": [["workspaces[0].resources.memory"], /./],
  "memory-of-an-app-starts-no-container": [["apps[0].resources.memory"], /./],
  "cores-of-a-workspace-are-none": [["workspaces[0].resources.cpu"], /./],
  "cores-of-a-person-are-more-than-there-are": [["quota.cpu"], /remove the key/],
  "home-of-no-size": [["workspaces[0].storage"], /./],
  "home-larger-than-any-disk": [["workspaces[0].storage"], /./],
  "volume-of-an-app-has-no-size": [["apps[0].storage.size"], /write one that is allowed/],
  "registry-of-no-size": [["registry.storage"], /./],
  "jobs-with-four-bytes-of-memory": [["batch.memory"], /./],
  "portal-host-is-an-address": [["portal.host"], /remove the key for "guildnet\.localhost"/],
  "apps-domain-ends-in-a-number": [["portal.appsDomain"], /./],
  "app-mounts-its-volume-over-proc": [["apps[0].storage.path"], /./],
  "app-mounts-its-volume-over-etc": [["apps[0].storage.path"], /./],
  "app-mounts-its-volume-over-its-programs": [["apps[0].storage.path"], /./],
  "image-without-a-name": [["apps[0].image"], /./],
  "image-of-slashes": [["workspaces[0].image"], /./],
  "image-of-an-embedded-cluster-without-a-registry": [["images.workspace"], /in full/],
  "image-of-an-embedded-cluster-by-digest": [["images.portal"], /in full/],
  "name-of-two-lines": [["name"], /remove the key for "GuildNet"/],
  "name-that-turns-what-follows-around": [["name"], /./],
  "name-of-spaces": [["name"], /./],
  "environment-with-a-null-character": [["workspaces[0].environment.A"], /./],
  "environment-name-is-the-workspaces-own": [["workspaces[0].environment.HOME"], /rename it/],
  "dotfiles-with-a-null-character": [["workspaces[0].dotfiles"], /./],
  "label-is-kubernetes-own": [["workspaces[0].labels.pod-security.kubernetes.io/warn"], /rename it/],
  "label-of-an-app-is-the-guilds": [["apps[0].labels.guildnet.io/owner"], /rename it/],
  "label-below-no-domain": [["workspaces[0].labels.example..org/team"], /rename it/],
  "node-of-the-guilds-label": [["workspaces[0].nodeSelector.guildnet.io/owner"], /rename it/],
  "workspace-named-like-another-ones-port": [["workspaces[1].name"], /./],
  "event-bus-of-two-servers": [["events.servers"], /./],
  "events-on-a-bus-without-its-operators-key": [
    ["events.existing", "events.existing"],
    /--secret guildnet:events(OperatorKey|SystemCredentials)/,
  ],
  "events-on-a-bus-of-a-name-without-networks": [
    ["events.existing", "events.existing", "events.existing.networks"],
    /./,
  ],
  "handle-that-parts-like-a-port": [["people.web--ada"], /rename it/],
  "backup-at-an-hour-that-no-day-has": [["backup.schedule"], /remove the key for "30 1/],
  "tunnel-without-a-token": [["tunnel"], /--secret guildnet:tunnelToken/],
  "published-app-is-unknown": [["tunnel", "tunnel.publish[0].app"], /did you mean "wiki"/],
  "published-app-is-private": [["tunnel", "tunnel.publish[0].evenThoughPrivate"], /write true, if that is meant/],
  "published-under-the-portals-name": [["tunnel", "tunnel.publish[0].host"], /give it a name of its own/],
  "published-until-a-word": [["tunnel.publish[0].until"], /./],
  "storage-class-is-no-name": [["cluster.storageClass"], /./],
  "a-key-for-two-model-servers": [
    ["modelGateway.servers[0].key", "modelGateway.servers[1].key"],
    /--secret guildnet:modelKey/,
  ],
  "a-key-of-a-model-server-is-missing": [["modelGateway.servers[0].key"], /--secret guildnet:modelKey/],
  "a-model-for-a-workspace-that-is-not-there": [["modelGateway.access.smollm2:135m[1]"], /name one of those/],
  "a-model-server-called-as-the-guilds-own": [["modelGateway.servers[0].name"], /change it/],
  "a-model-server-with-a-path": [["modelGateway.servers[0].url"], /./],
  "a-model-twice": [["modelGateway.servers[0].models[0].name"], /remove one of them/],
  "a-tool-server-that-is-neither-started-nor-asked": [["codex.mcpServers.tickets"], /./],
  "a-token-of-a-tool-server-is-missing": [
    ["codex.mcpServers.search.token"],
    /--secret --path guildnet:mcpTokens\.search/,
  ],
  "a-tool-server-with-two-tokens": [
    ["codex.mcpServers.search.token", "codex.mcpServers.search.tokenVariable"],
    /remove one of them/,
  ],
  "access-to-a-model-that-is-not-there": [["modelGateway.access.qwen3"], /name one of those/],
  "codex-asks-a-model-that-is-not-there": [["codex.model"], /name one of those/],
  "codex-has-tools-and-nothing-to-ask": [["codex.mcpServers"], /add models: \{\}/],
  "no-tokens-for-a-workspace-that-is-not-there": [["modelGateway.limits.eve"], /name one of those/],
  "several-mistakes-at-once": [
    [
      "name",
      "portal.hots",
      "workspaces[0].owner",
      "workspaces[1].preset",
      "workspaces[2].ports[0].name",
      "workspaces[2].ports[0].port",
      "cluster.serviceCidr",
      "cluster.apiPort",
    ],
    /did you mean "small"/,
  ],
};

test("every invalid fixture is in the table", () => {
  expect(
    readdirSync(new URL("invalid/", folder))
      .map((file) => file.replace(".yaml", ""))
      .sort(),
  ).toEqual(Object.keys(invalid).sort());
});

describe.each(Object.entries(invalid))("%s", (name, [keys, fix]) => {
  test("names its keys, and no other, with value, what is allowed and a fix", () => {
    const mistakes = mistakesOf(fixture(`invalid/${name}.yaml`));
    expect(mistakes.map(({ key }) => key).sort()).toEqual([...keys].sort());
    for (const { found, allowed, fix: proposed } of mistakes) {
      for (const part of [found, allowed, proposed]) expect(part).toMatch(/\S/);
    }
    expect(mistakes.map((mistake) => mistake.fix).join("\n")).toMatch(fix);
  });
});

describe("valid", () => {
  test.each(readdirSync(new URL("valid/", folder)))("%s", (file) => {
    expect(mistakesOf(fixture(`valid/${file}`))).toEqual([]);
  });

  test("the fix for overlapping networks is one", () => {
    const raw = { cluster: { kind: "embedded", podCidr: "10.96.0.0/12" } };
    const proposed = /write "(.*)"/.exec(mistakesOf(raw)[0]?.fix ?? "")?.[1];
    expect(mistakesOf({ cluster: { ...raw.cluster, serviceCidr: proposed } })).toEqual([]);
  });

  test("the pools proposed for those that are outside of the LAN are inside", () => {
    for (const lanCidr of ["198.19.0.0/24", "192.168.77.16/28", "10.250.0.0/16"]) {
      const withPool = (addresses: string) => ({
        cluster: { kind: "embedded", lanCidr },
        loadBalancer: { pools: [{ name: "a", addresses: [addresses] }] },
      });
      const [mistake] = mistakesOf(withPool("203.0.113.0/28"));
      expect(mistakesOf(withPool(/"(.*)"/.exec(mistake?.fix ?? "")?.[1] ?? ""))).toEqual([]);
    }
  });

  test("all that is wrong with pools is told at once", () => {
    const pools = [
      { name: "a", addresses: ["203.0.113.0/28", "198.19.0.1/32"] },
      { name: "a", addresses: ["198.19.0.0/24"] },
    ];
    expect(
      mistakesOf({
        cluster: { kind: "embedded", serviceCidr: "10.96.0.1/16" },
        loadBalancer: { lan: "192.168.1.0/24", pools },
        portal: { addressPool: "b" },
      })
        .map(({ key }) => key)
        .sort(),
    ).toEqual([
      "cluster.serviceCidr",
      "loadBalancer.lan",
      "loadBalancer.pools[0].addresses[0]",
      "loadBalancer.pools[0].addresses[1]",
      "loadBalancer.pools[1].addresses[0]",
      "loadBalancer.pools[1].addresses[0]",
      "loadBalancer.pools[1].name",
      "portal.addressPool",
    ]);
  });

  test("a mesh that is there already needs its API key, and one of the guild's own has none", () => {
    const withKey = (mesh: object) => {
      try {
        parseGuild({ mesh }, { kubeconfig: false, meshApiKey: true });
      } catch (error) {
        return (error as ConfigError).mistakes.map(({ key }) => key);
      }
    };
    expect(
      withKey({ kind: "existing", url: "https://headscale.example.org", baseDomain: "mesh.example.org" }),
    ).toBeUndefined();
    expect(withKey({ kind: "tailnet", baseDomain: "tail1234.ts.net" })).toBeUndefined();
    expect(
      withKey({ kind: "headscale", placement: "host", dockerHost: "ssh://a", hostname: "mesh.example.org" }),
    ).toBeUndefined();
    for (const kind of ["headscale", "none"]) expect(withKey({ kind })).toEqual(["mesh.kind"]);
  });

  test("Longhorn's backups need the secret of their key, and nothing else takes it", () => {
    const images = { workspace: "example.org/workspace:1", portal: "example.org/portal:1" };
    const withKey = (storage: object) => {
      try {
        parseGuild({ cluster: { kind: "existing" }, images, storage }, { kubeconfig: true, storageBackupKey: true });
      } catch (error) {
        return (error as ConfigError).mistakes.map(({ key }) => key);
      }
    };
    expect(
      withKey({ kind: "longhorn", backup: { url: "s3://volumes@eu-central-1/guild/", accessKeyId: "AKIA" } }),
    ).toBeUndefined();
    expect(withKey({ kind: "longhorn" })).toEqual(["storage.backup"]);
    expect(withKey({ kind: "cluster-default" })).toEqual(["storage.kind"]);
  });

  test("an ACME issuer needs a token, and nothing else has one", () => {
    const withToken = (certificates?: object) => {
      try {
        parseGuild({ portal: { host: "guild.example.org" }, certificates }, { kubeconfig: false, dnsToken: true });
      } catch (error) {
        return (error as ConfigError).mistakes.map(({ key }) => key);
      }
    };
    const dns01 = { provider: "rfc2136", nameserver: "192.0.2.53", keyName: "guild" };
    expect(withToken({ issuer: { kind: "acme", email: "ada@example.org", dns01 } })).toBeUndefined();
    for (const certificates of [undefined, {}, { issuer: { kind: "authority" } }])
      expect(withToken(certificates)).toEqual(["certificates.issuer.kind"]);
  });

  test("a proxy may have credentials, and nothing else takes them", () => {
    const withCredentials = (proxy?: object) => {
      try {
        parseGuild({ proxy }, { kubeconfig: false, proxyCredentials: true });
      } catch (error) {
        return (error as ConfigError).mistakes.map(({ key }) => key);
      }
    };
    expect(withCredentials({ https: "http://proxy.example.org:3128" })).toBeUndefined();
    expect(withCredentials()).toEqual(["proxy"]);
  });

  test("a registry for images may have credentials, and nothing else takes them", () => {
    const withCredentials = (raw: object) => {
      try {
        parseGuild(raw, { kubeconfig: true, imagesCredentials: true });
      } catch (error) {
        return (error as ConfigError).mistakes.map(({ key }) => key);
      }
    };
    const cluster = { kind: "existing" },
      images = { workspace: "example.org/workspace:1", portal: "example.org/portal:1" };
    expect(withCredentials({ cluster, images: { registry: "registry.example.org/guild" } })).toBeUndefined();
    expect(withCredentials({ cluster, images })).toEqual(["images.registry"]);
  });

  test("a secret kubeconfig does instead of a path, and not beside one", () => {
    const images = { workspace: "example.org/workspace:1", portal: "example.org/portal:1" };
    expect(mistakesOf({ cluster: { kind: "existing" }, images }, true)).toEqual([]);
    expect(
      mistakesOf({ cluster: { kind: "existing", kubeconfigPath: "x" }, images }, true).map(({ key }) => key),
    ).toEqual(["cluster.kubeconfigPath"]);
  });
});

describe("what is printed", () => {
  test("has key, value, what is allowed and a fix, on lines of their own", () => {
    expect(() => parseGuild({ portal: { prot: 1 } }, { kubeconfig: false })).toThrow(
      [
        'The stack\'s config "guildnet:guild" has a mistake; nothing was changed.',
        '  portal.prot\n    found    1\n    allowed  the keys host, port, address, appsDomain, admins, service, addressPool\n    fix      did you mean "port"?',
      ].join("\n\n"),
    );
  });

  test("says of amounts how much would do", () => {
    expect(mistakesOf({ workspaces: [{ owner: "ada", resources: { memory: 4 } }] })).toMatchObject([
      { found: "4", allowed: 'an amount such as "512Mi" or "4Gi", at least 512Mi' },
    ]);
  });

  test("says of variables when they are too many or one too long, and not what they hold", () => {
    const long = "CANARY".repeat(25_000);
    expect(mistakesOf({ workspaces: [{ owner: "ada", environment: { LONG: long } }] })).toMatchObject([
      { key: "workspaces[0].environment.LONG", allowed: expect.stringContaining("131071 bytes") },
    ]);
    const many = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`V${index}`, long.slice(0, 60_000)]));
    const mistakes = mistakesOf({ workspaces: [{ owner: "ada", environment: many }] });
    expect(mistakes).toMatchObject([
      { key: "workspaces[0].environment", allowed: expect.stringContaining("512 KiB together") },
    ]);
    expect(JSON.stringify(mistakes)).not.toContain("CANARY");
  });

  test.each([
    { proxy: { https: "http://ada:CANARY@proxy.example.org:3128" } },
    { proxy: { https: "http://ada:CAN@ARY@proxy.example.org:3128" } },
    { proxy: { https: "ada:CANARY@proxy.example.org:3128" } },
    { proxy: { exclude: ["http://ada:CANARY@proxy.example.org:3128"] } },
    { proxy: "http://ada:CANARY@proxy:3128" },
    { proxy: { url: "ada:CANARY@proxy:3128" } },
    { images: { registry: "ada:CANARY@registry.example.org" } },
    { images: { registry: "https://ada:CANARY@registry.example.org/guild" } },
    { workspaces: [{ owner: "ada", dotfiles: "https://ada:CANARY@example.org/dotfiles" }] },
    { backup: { target: { kind: "rest", url: "https://ada:CANARY@backup.example.org" } } },
  ])("never holds a password in an address: %j", (raw) => {
    const mistakes = mistakesOf(raw);
    expect(mistakes).not.toEqual([]);
    expect(JSON.stringify(mistakes)).not.toMatch(/CAN|ARY/);
  });

  test("never holds the value of an environment variable", () => {
    const text = JSON.stringify(
      mistakesOf({ workspaces: [{ owner: "ada", environment: { KEY: ["CANARY"], "1": "CANARY" } }] }),
    );
    expect(text).toContain("workspaces[0].environment.KEY");
    expect(text).not.toContain("CANARY");
  });
});

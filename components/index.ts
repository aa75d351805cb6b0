export { CertificateAuthority, DryRun, RandomSecret, UpstreamManifest } from "../provider/sdk/index.ts";
export type { DryRunArgs, ImageRegistry, UpstreamManifestArgs, UpstreamManifestSource } from "../provider/sdk/index.ts";
export { Backup } from "./backup/backup.ts";
export type { BackupArgs } from "./backup/backup.ts";
export { keyId } from "./backup/key.ts";
export type { Keep } from "./backup/pods.ts";
export { restTarget, s3Target } from "./backup/repository.ts";
export type {
  BackupReach,
  BackupRepository,
  BackupTarget,
  RestTargetArgs,
  S3Credentials,
  S3TargetArgs,
} from "./backup/repository.ts";
export { BACKUP_SERVER_PLACE, BackupServer, backupServerHost } from "./backup/server.ts";
export type { BackupServerArgs } from "./backup/server.ts";
export type { BackupRoom } from "./backup/size.ts";
export { areHostsOf, POOL_NAME, poolMistakes, upperHalf } from "./balancer/address-pool.ts";
export type { AddressPool, PoolMistake } from "./balancer/address-pool.ts";
export { LOAD_BALANCER_NAMESPACE, LoadBalancer } from "./balancer/load-balancer.ts";
export type { LoadBalancerArgs } from "./balancer/load-balancer.ts";
export { LETS_ENCRYPT, tsigAlgorithms } from "./certificates/acme.ts";
export type { AcmeArgs, Dns01, TsigAlgorithm } from "./certificates/acme.ts";
export { Certificates } from "./certificates/certificates.ts";
export type { CertificatesArgs } from "./certificates/certificates.ts";
export { ClusterDns } from "./cluster/dns.ts";
export type { ClusterDnsArgs } from "./cluster/dns.ts";
export { EmbeddedCluster, embeddedClusterName } from "./cluster/embedded-cluster.ts";
export type { EmbeddedClusterArgs } from "./cluster/embedded-cluster.ts";
export { ExistingCluster } from "./cluster/existing-cluster.ts";
export type { ExistingClusterArgs } from "./cluster/existing-cluster.ts";
export { EVENTS_CREDENTIALS_VARIABLE, eventsAttachment } from "./events/attachment.ts";
export { EventBus } from "./events/event-bus.ts";
export type { EventBusArgs } from "./events/event-bus.ts";
export { ExistingEventBus } from "./events/existing-event-bus.ts";
export type { ExistingEventBusArgs } from "./events/existing-event-bus.ts";
export {
  EVENTS_NAMESPACE,
  eventClaims,
  eventsApp,
  eventsHost,
  eventsUrl,
  throughCluster as eventsThroughCluster,
} from "./events/identity.ts";
export type { EventServers } from "./events/identity.ts";
export { largestRetention } from "./events/retention.ts";
export type { EventRetention } from "./events/retention.ts";
export type {
  Attached,
  AttachedFiles,
  AttachedPrograms,
  Companion,
  PodRoom,
  SecretKey,
  WorkspaceAttachment,
} from "./kube/attachment.ts";
export type { Authority } from "./kube/authority.ts";
export type { BackupVolume } from "./kube/backup-volume.ts";
export { issuedCertificate } from "./kube/certificate-issuer.ts";
export type { CertificateIssuer, IssuedCertificateArgs } from "./kube/certificate-issuer.ts";
export type { ClusterAccess } from "./kube/cluster-access.ts";
export type { EventBusAccess, EventsJoined, EventUser } from "./kube/event-access.ts";
export { GuildError } from "./kube/errors.ts";
export { POOL_ANNOTATION } from "./kube/exposure.ts";
export type { Exposure } from "./kube/exposure.ts";
export { imageOf } from "./kube/image-supply.ts";
export type { ImageSource, ImageSupply } from "./kube/image-supply.ts";
export { label } from "./kube/labels.ts";
export { stackLabel } from "./kube/metadata.ts";
export type { Internet } from "./kube/network-policies.ts";
export { program, tcp, udp } from "./kube/network-policy.ts";
export type { Peer, Policies, Policy, Port, Traffic } from "./kube/network-policy.ts";
export { metaIn } from "./kube/place.ts";
export type { Place } from "./kube/place.ts";
export { privilegedNamespaces } from "./kube/privileged-namespaces.ts";
export type { PrivilegedNamespace } from "./kube/privileged-namespaces.ts";
export { PROXY_ADDRESS, proxyHost } from "./kube/forward-proxy.ts";
export type { Proxy } from "./kube/forward-proxy.ts";
export type { SystemPages } from "./kube/system-pages.ts";
export { formatQuantity, parseQuantity } from "./kube/quantity.ts";
export type { Patch, Transform, Transforms } from "./kube/transform.ts";
export { MeshDns } from "./mesh/dns.ts";
export type { MeshDnsArgs } from "./mesh/dns.ts";
export { ExistingHeadscale } from "./mesh/existing-headscale.ts";
export type { ExistingHeadscaleArgs } from "./mesh/existing-headscale.ts";
export { GUILD_USER } from "./mesh/headscale-control.ts";
export { isBelow, MESH_NETWORKS, serverUrl } from "./mesh/headscale-settings.ts";
export { Headscale, MESH_NAMESPACE, MESH_PLACE } from "./mesh/headscale.ts";
export type { HeadscaleArgs, HeadscaleNetwork } from "./mesh/headscale.ts";
export { tag } from "./mesh/mesh.ts";
export type { AuthKeyRequest, HostAlias, Mesh } from "./mesh/mesh.ts";
export { policyMistakes } from "./mesh/policy-checks.ts";
export { guildPolicy } from "./mesh/policy.ts";
export type { Destination, GuildPolicyConfig, MeshPolicy, PolicyRule } from "./mesh/policy.ts";
export { ROUTER_APP } from "./mesh/router-workload.ts";
export type { RouterMode } from "./mesh/router-workload.ts";
export { SubnetRouter } from "./mesh/subnet-router.ts";
export type { SubnetRouterArgs } from "./mesh/subnet-router.ts";
export { modelsAttachment } from "./models/attachment.ts";
export type { ModelsAttachmentArgs } from "./models/attachment.ts";
export { mcpTokenVariable } from "./models/codex.ts";
export type { McpServer } from "./models/codex.ts";
export { ExistingOllama } from "./models/existing-ollama.ts";
export type { ExistingOllamaArgs } from "./models/existing-ollama.ts";
export type { GatewayServer, ModelLimits } from "./models/gateway-settings.ts";
export { ModelGateway, modelGatewayFigures, modelGatewayHost } from "./models/gateway.ts";
export type { ModelGatewayArgs } from "./models/gateway.ts";
export { knownModel, knownModels, memoryOf } from "./models/model-memory.ts";
export type { KnownModel } from "./models/model-memory.ts";
export { modelGatewayIdentity } from "./models/model-server.ts";
export type { ModelServer, ModelServers, ServedModel } from "./models/model-server.ts";
export { smallModel } from "./models/model-spec.ts";
export type { ModelSpec } from "./models/model-spec.ts";
export type { Gpu } from "./models/ollama-pods.ts";
export { Ollama } from "./models/ollama.ts";
export type { OllamaArgs } from "./models/ollama.ts";
export { Monitoring } from "./monitoring/monitoring.ts";
export type { MonitoringArgs } from "./monitoring/monitoring.ts";
export { usualThresholds } from "./monitoring/rules.ts";
export type { Thresholds } from "./monitoring/rules.ts";
export type { ScrapedPods } from "./monitoring/scrape.ts";
export { NOTES_TOKEN_VARIABLE, notesAttachment } from "./notes/attachment.ts";
export type { NotesAttachmentArgs } from "./notes/attachment.ts";
export { NOTES_LABEL, notesHost, notesIdentity, notesUrl } from "./notes/identity.ts";
export type { NotesWorkspace } from "./notes/identity.ts";
export { Notes } from "./notes/notes.ts";
export type { NotesArgs } from "./notes/notes.ts";
export { appsDomainBelow, appsDomainBeside } from "./portal/apps-domain.ts";
export { Portal, portalAddresses } from "./portal/portal.ts";
export type { PortalAddresses, PortalArgs, PortalExposure } from "./portal/portal.ts";
export type { Publication, PublishedArgs } from "./portal/published.ts";
export type { SystemWorkload } from "./portal/systems.ts";
export { TOOLS_TOKEN_VARIABLE, toolsAttachment, toolsHost } from "./portal/tools.ts";
export type { ToolsArgs } from "./portal/tools.ts";
export { radicleAttachment } from "./radicle/attachment.ts";
export type { RadicleAttachmentArgs } from "./radicle/attachment.ts";
export { radicleHost, radicleIdentity } from "./radicle/identity.ts";
export type { RadicleAccess, RadicleIdentity } from "./radicle/identity.ts";
export { RadicleSeed } from "./radicle/radicle-seed.ts";
export type { RadicleSeedArgs } from "./radicle/radicle-seed.ts";
export { RADICLE_PORT } from "./radicle/settings.ts";
export type { SeedingPolicy } from "./radicle/settings.ts";
export { registryAttachment } from "./registry/attachment.ts";
export { registryHost, registryIdentity } from "./registry/identity.ts";
export type { RegistryAccess, RegistryIdentity } from "./registry/identity.ts";
export { Registry } from "./registry/registry.ts";
export type { RegistryArgs } from "./registry/registry.ts";
export type { BatchSize } from "./scheduling/batch-quota.ts";
export { BatchSpace } from "./scheduling/batch-space.ts";
export type { BatchSpaceArgs } from "./scheduling/batch-space.ts";
export type { QueueBudget } from "./scheduling/kueue.ts";
export type { Priority } from "./scheduling/priority.ts";
export { Scheduling } from "./scheduling/scheduling.ts";
export type { BatchQueue, SchedulingArgs } from "./scheduling/scheduling.ts";
export type { StorageClasses } from "./storage/classes.ts";
export { BACKUP_URL } from "./storage/longhorn-jobs.ts";
export type { LonghornBackup, LonghornSchedule } from "./storage/longhorn-jobs.ts";
export { longhornMachine } from "./storage/longhorn-machine.ts";
export type { LonghornMachine } from "./storage/longhorn-machine.ts";
export { dataLocalities } from "./storage/longhorn-values.ts";
export type { DataLocality, LonghornSettings } from "./storage/longhorn-values.ts";
export { Longhorn } from "./storage/longhorn.ts";
export type { LonghornArgs } from "./storage/longhorn.ts";
export { Storage } from "./storage/storage.ts";
export type { StorageArgs } from "./storage/storage.ts";
export { tunnelIdentity } from "./tunnel/identity.ts";
export type { PodIdentity, TunnelEnd } from "./tunnel/identity.ts";
export { PublicTunnel } from "./tunnel/public-tunnel.ts";
export type { PublicTunnelArgs, TunnelServerAddress } from "./tunnel/public-tunnel.ts";
export { charts, images, kubernetesVersion } from "./versions.ts";
export { App, APP_PATH, appSize, smallestApp, smallestVolume, visibilities } from "./workspace/app.ts";
export type { AppArgs, AppStorage, Visibility } from "./workspace/app.ts";
export { PORT_NAME, WORKSPACE_ID } from "./workspace/checks.ts";
export { IDE_PORT } from "./workspace/deployment.ts";
export type { WorkspacePort } from "./workspace/deployment.ts";
export { portalIdentity } from "./workspace/portal-identity.ts";
export type { PortalIdentity } from "./workspace/portal-identity.ts";
export { presets, sizeOf, smallest } from "./workspace/presets.ts";
export type { PresetName, WorkspaceSize } from "./workspace/presets.ts";
export { RESERVED_ENVIRONMENT } from "./workspace/variables.ts";
export { Workspace } from "./workspace/workspace.ts";
export type { WorkspaceArgs } from "./workspace/workspace.ts";

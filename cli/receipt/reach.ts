/** Whom it reaches that the pods of a component start anew or end, by its class. */
const reaches: Readonly<Record<string, string>> = {
  Backup: "nobody; a backup that runs begins anew",
  BackupServer: "nobody; a backup that runs begins anew",
  Certificates: "nobody; renewals wait",
  ClusterDns: "everybody: names in the cluster are not found for some seconds",
  EventBus: "everybody: events wait for some seconds",
  Headscale: "whoever has a device on the mesh: those that are connected stay so, others wait for some seconds",
  LoadBalancer: "whoever uses an address of the load balancer: it may be away for some seconds",
  MeshDns: "whoever has a device on the mesh: the guild's names are not found for some seconds",
  ModelGateway: "whoever asks a model: questions that run are cut off",
  Monitoring: "nobody; figures have a gap",
  Ollama: "whoever asks a model: questions that run are cut off, and the next one loads the model again",
  Portal: "everybody who is signed in: pages and editors wait for some seconds",
  PublicTunnel: "visitors from the internet: what is published is away for some seconds",
  Registry: "whoever pushes or pulls an image: it has to be tried again",
  Storage: "whoever gets a new volume: it is made some seconds later",
  SubnetRouter: "whoever has a device on the mesh: the guild is away for some seconds",
};

export function reachOf(component: string): string {
  return reaches[component] ?? "whoever uses it: it is away for some seconds";
}

/** Classes that it is said of. */
export const reachers: readonly string[] = Object.keys(reaches);

import { containersOf } from "./objects.ts";
import type { Container, PodSpec, SecurityContext } from "./objects.ts";

/** Volume types that *restricted* allows. */
const VOLUME_TYPES = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);
const SECCOMP = new Set(["RuntimeDefault", "Localhost"]);
const SELINUX_TYPES = new Set([
  undefined,
  "",
  "container_t",
  "container_init_t",
  "container_kvm_t",
  "container_engine_t",
]);
const SAFE_SYSCTLS = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
]);

/**
 * What of a pod *restricted* Pod Security refuses; empty where it passes.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function restrictedViolations(pod: PodSpec): string[] {
  return [
    ...podViolations(pod),
    ...containersOf(pod).flatMap((container) => containerViolations(container, pod.securityContext ?? {})),
  ];
}

function podViolations(pod: PodSpec): string[] {
  const found: string[] = [];
  for (const key of ["hostNetwork", "hostPID", "hostIPC"] as const) if (pod[key]) found.push(`${key} is true`);
  for (const volume of pod.volumes ?? []) {
    const type = Object.keys(volume).find((key) => key !== "name" && volume[key] !== undefined);
    if (type !== undefined && !VOLUME_TYPES.has(type)) found.push(`volume "${String(volume["name"])}" is a ${type}`);
  }
  for (const { name } of pod.securityContext?.sysctls ?? [])
    if (!SAFE_SYSCTLS.has(name ?? "")) found.push(`sysctl ${name} is set`);
  return [...found, ...contextViolations(pod.securityContext ?? {}, "the pod")];
}

function containerViolations(container: Container, pod: SecurityContext): string[] {
  const own = container.securityContext ?? {};
  const name = `container "${container.name}"`;
  const found = contextViolations(own, name);
  if (own.privileged) found.push(`${name} is privileged`);
  if (own.allowPrivilegeEscalation !== false) found.push(`${name} doesn't set allowPrivilegeEscalation: false`);
  if (!(own.runAsNonRoot ?? pod.runAsNonRoot)) found.push(`${name} doesn't set runAsNonRoot: true`);
  if (!SECCOMP.has((own.seccompProfile ?? pod.seccompProfile)?.type ?? ""))
    found.push(`${name} has no seccompProfile RuntimeDefault`);
  if (!own.capabilities?.drop?.includes("ALL")) found.push(`${name} doesn't drop ALL capabilities`);
  for (const capability of own.capabilities?.add ?? [])
    if (capability !== "NET_BIND_SERVICE") found.push(`${name} adds ${capability}`);
  for (const { hostPort } of container.ports ?? []) if (hostPort) found.push(`${name} takes host port ${hostPort}`);
  if (own.procMount !== undefined && own.procMount !== "Default") found.push(`${name} has procMount ${own.procMount}`);
  return found;
}

/** What is refused on a pod and on a container alike. */
function contextViolations(context: SecurityContext, where: string): string[] {
  const found: string[] = [];
  if (context.runAsUser === 0) found.push(`${where} runs as user 0`);
  const selinux = context.seLinuxOptions;
  if (!SELINUX_TYPES.has(selinux?.type) || selinux?.user || selinux?.role) found.push(`${where} sets SELinux options`);
  if (context.appArmorProfile?.type === "Unconfined") found.push(`${where} is without AppArmor`);
  if (context.seccompProfile?.type === "Unconfined") found.push(`${where} is without seccomp`);
  if (context.windowsOptions?.hostProcess) found.push(`${where} is a host process`);
  return found;
}

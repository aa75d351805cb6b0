import { isSchedule } from "../../components/kube/cron.ts";
import { parseQuantity } from "../../components/kube/quantity.ts";
import type { KubernetesObject } from "./rendered.ts";

/** Names of most objects, and of a namespace (`IsDNS1123Subdomain`, `IsDNS1123Label` of k8s.io/apimachinery). */
const SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const PART = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
/** Kinds whose names may hold more (`path.ValidatePathSegmentName`). */
const FREE_NAMES = ["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"];
/** What etcd takes, `--max-request-bytes`. */
const LARGEST = 1.5 * 1024 * 1024;

type Tree = Readonly<Record<string, unknown>>;
const tree = (value: unknown): Tree => (typeof value === "object" && value !== null ? (value as Tree) : {});
const list = (value: unknown): Tree[] => (Array.isArray(value) ? value.map(tree) : []);
const text = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

/**
 * What the API server would refuse of an object, or the kubelet of its pods, as far as a config decides it: names,
 * labels, variables, ports, folders, sizes, schedules. Its own schema is looked at in tests/integration/00-scanners.
 */
export function refusals(object: KubernetesObject): string[] {
  const found: string[] = [];
  const refuse = (condition: boolean, why: string): void =>
    void (condition && found.push(`${object.kind} ${object.metadata.name}: ${why}`));
  const { metadata, spec } = object as unknown as { metadata: Tree; spec?: Tree };

  if (!FREE_NAMES.includes(object.kind))
    refuse(
      !(object.kind === "Namespace" || object.kind === "Service" ? LABEL : SUBDOMAIN).test(text(metadata["name"])),
      "name",
    );
  for (const key of [...Object.keys(tree(metadata["labels"])), ...Object.keys(tree(metadata["annotations"]))])
    refuse(!isQualified(key), `key ${key}`);
  for (const value of Object.values(tree(metadata["labels"])))
    refuse(value !== "" && !PART.test(text(value)), `label's value ${text(value)}`);
  refuse(JSON.stringify(object).length > LARGEST, "larger than etcd takes");

  if (object.kind === "PersistentVolumeClaim")
    refuse(!(sizeOf(tree(tree(spec?.["resources"])["requests"])["storage"]) >= 1), "no size");
  if (object.kind === "ResourceQuota")
    for (const [key, value] of Object.entries(tree(spec?.["hard"])))
      refuse(Number.isNaN(sizeOf(value)), `${key} is ${text(value)}`);
  if (object.kind === "LimitRange")
    for (const limit of list(spec?.["limits"]))
      for (const key of ["cpu", "memory"]) {
        const [request, usual, most] = ["defaultRequest", "default", "max"].map((of) => sizeOf(tree(limit[of])[key]));
        refuse(!(request! <= usual! && usual! <= most!), `${key}: ${text(limit)}`);
      }
  if (object.kind === "CronJob") refuse(!isSchedule(text(spec?.["schedule"])), `schedule ${text(spec?.["schedule"])}`);
  if (object.kind === "Service")
    found.push(...portFaults(list(spec?.["ports"]), "port").map((why) => `Service ${object.metadata.name}: ${why}`));
  for (const pod of podsOf(object)) for (const why of podFaults(pod)) refuse(true, why);
  return found;
}

function isQualified(key: string): boolean {
  const [first = "", second, ...more] = key.split("/");
  return more.length === 0 && (second === undefined ? PART.test(first) : SUBDOMAIN.test(first) && PART.test(second));
}

/** Value of a quantity as the API server reads it, whose suffixes are `components/kube/quantity.ts`'s; NaN where it is none. */
function sizeOf(value: unknown): number {
  return parseQuantity(text(value)) ?? NaN;
}

function podsOf({ kind, ...object }: KubernetesObject): Tree[] {
  const spec = tree((object as { spec?: unknown }).spec);
  if (kind === "Pod") return [spec];
  const template =
    kind === "CronJob" ? tree(tree(tree(spec["jobTemplate"])["spec"])["template"]) : tree(spec["template"]);
  return template["spec"] === undefined ? [] : [tree(template["spec"])];
}

function podFaults(pod: Tree): string[] {
  const selectors = Object.keys(tree(pod["nodeSelector"]))
    .filter((key) => !isQualified(key))
    .map((key) => `selects nodes by ${key}`);
  const memory = list(pod["volumes"]).flatMap(({ emptyDir }) =>
    emptyDir === undefined || tree(emptyDir)["sizeLimit"] === undefined ? [] : [tree(emptyDir)["sizeLimit"]],
  );
  return [
    ...selectors,
    ...memory.filter((size) => !(sizeOf(size) > 0)).map((size) => `a volume of ${text(size)}`),
    ...[...list(pod["initContainers"]), ...list(pod["containers"])].flatMap(containerFaults),
  ];
}

function containerFaults(container: Tree): string[] {
  const faults = portFaults(list(container["ports"]), "containerPort");
  if (!/^[^\s]+$/.test(text(container["image"]))) faults.push(`image ${text(container["image"])}`);
  for (const { name, value } of list(container["env"])) {
    if (!/^[\x20-\x3c\x3e-\x7e]+$/.test(text(name))) faults.push(`variable ${text(name)}`);
    // The kubelet refuses the first, and no Linux starts a program with the second.
    if (text(value).includes("\0") || Buffer.byteLength(`${text(name)}=${text(value)}`) > 131_071)
      faults.push(`value of the variable ${text(name)}`);
  }
  const folders = list(container["volumeMounts"]).map(({ mountPath }) => text(mountPath));
  for (const folder of folders)
    if (!folder.startsWith("/") || folder.includes(":") || /^\/(proc|sys)(\/|$)/.test(folder))
      faults.push(`mounts at ${folder}`);
  if (new Set(folders).size < folders.length) faults.push("mounts two volumes at one place");
  const { requests, limits } = tree(container["resources"]);
  for (const [key, limit] of Object.entries(tree(limits))) {
    if (!(sizeOf(limit) > 0)) faults.push(`limit of ${key}: ${text(limit)}`);
    if (!(sizeOf(tree(requests)[key] ?? "0") <= sizeOf(limit))) faults.push(`requests more ${key} than its limit`);
  }
  return faults;
}

function portFaults(ports: Tree[], key: "port" | "containerPort"): string[] {
  const names = ports.flatMap(({ name }) => (name === undefined ? [] : [text(name)]));
  const taken = ports.map((port) => `${text(port[key])}/${text(port["protocol"] ?? "TCP")}`);
  return [
    ...names
      .filter((name) => !/^(?=.{1,15}$)(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name))
      .map((name) => `port's name ${name}`),
    ...ports
      .filter((port) => !(Number(port[key]) >= 1 && Number(port[key]) <= 65_535))
      .map((port) => `port ${text(port[key])}`),
    ...(new Set(names).size < names.length || new Set(taken).size < taken.length ? ["a port twice"] : []),
  ];
}

import { core, policy } from "../testing/cases.ts";
import { holdsToContract } from "../testing/contract.ts";
import { BatchSpace } from "./batch-space.ts";
import { Scheduling } from "./scheduling.ts";

const queue = (kind: string, name: string) => `kubernetes:kueue.x-k8s.io/v1beta2:${kind} ${name}`;
const priorityClasses = ["platform", "interactive", "batch"].map(
  (name) => `kubernetes:scheduling.k8s.io/v1:PriorityClass ${name}`,
);

holdsToContract([
  {
    component: "Scheduling",
    make: (on, transform) => new Scheduling("it", { transform }, { provider: on() }),
    children: priorityClasses,
    outputs: ["classes"],
    secret: [],
    canaries: [],
  },
  {
    component: "Scheduling",
    make: (on, transform) =>
      new Scheduling(
        "it",
        { transform, queue: { kind: "kueue", budget: { cpu: "4", memory: "8Gi" } } },
        { provider: on() },
      ),
    children: [...priorityClasses, queue("ResourceFlavor", "flavor"), queue("ClusterQueue", "queue")],
    outputs: ["classes", "clusterQueue"],
    secret: [],
    canaries: [],
  },
  {
    component: "BatchSpace",
    make: (on, transform) =>
      new BatchSpace(
        "it",
        { transform, owner: "ada", priorityClass: "batch", clusterQueue: "all" },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      core("ResourceQuota", "quota-batch"),
      core("ResourceQuota", "quota-other-classes"),
      core("ResourceQuota", "quota-volumes"),
      core("LimitRange", "limits"),
      policy("deny-all"),
      policy("to-dns"),
      policy("to-internet"),
      core("ServiceAccount", "account"),
      queue("LocalQueue", "queue"),
    ],
    outputs: ["namespace"],
    secret: [],
    canaries: [],
  },
]);

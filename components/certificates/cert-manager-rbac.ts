import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { accepted } from "../kube/accepted-findings.ts";
import { appLabels } from "../kube/labels.ts";
import { objectMeta } from "../kube/metadata.ts";
import { certManager } from "./cert-manager-settings.ts";

type Rule = k8s.types.input.rbac.v1.PolicyRule;

const read = ["get", "list", "watch"],
  write = ["update", "patch"];
const events: Rule = { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] };

/** The accounts of cert-manager's programs, by the program's name. */
export type ProgramAccounts = Record<"controller" | "webhook" | "cainjector", k8s.core.v1.ServiceAccount>;

/**
 * What upstream's chart of version 1.21 gives a controller with these issuers alone. It may read and
 * write every Secret: whoever asks for a certificate says where it goes.
 */
export function controllerRules({ acme }: { acme: boolean }): Rule[] {
  return [
    {
      apiGroups: ["cert-manager.io"],
      resources: ["certificates", "certificaterequests", "issuers", "clusterissuers"],
      verbs: read,
    },
    {
      apiGroups: ["cert-manager.io"],
      resources: [
        "certificates",
        "certificates/status",
        "certificaterequests",
        "certificaterequests/status",
        "clusterissuers",
        "clusterissuers/status",
      ],
      verbs: write,
    },
    { apiGroups: ["cert-manager.io"], resources: ["certificaterequests"], verbs: ["create", "delete"] },
    {
      apiGroups: ["cert-manager.io"],
      resources: ["certificates/finalizers", "certificaterequests/finalizers"],
      verbs: ["update"],
    },
    {
      apiGroups: ["cert-manager.io"],
      resources: ["signers"],
      resourceNames: ["clusterissuers.cert-manager.io/*"],
      verbs: ["approve"],
    },
    { apiGroups: ["acme.cert-manager.io"], resources: ["orders", "challenges"], verbs: read },
    { apiGroups: [""], resources: ["secrets"], verbs: [...read, ...write, "create", "delete"] },
    events,
    ...(acme ? acmeRules : []),
  ];
}

/** Of what solves HTTP-01 challenges, which the guild has none of, only what its controller looks at before it starts. */
const acmeRules: Rule[] = [
  {
    apiGroups: ["acme.cert-manager.io"],
    resources: ["orders", "orders/status", "challenges", "challenges/status"],
    verbs: write,
  },
  { apiGroups: ["acme.cert-manager.io"], resources: ["orders", "challenges"], verbs: ["create", "delete"] },
  { apiGroups: ["acme.cert-manager.io"], resources: ["orders/finalizers", "challenges/finalizers"], verbs: ["update"] },
  { apiGroups: [""], resources: ["pods", "services"], verbs: read },
  { apiGroups: ["networking.k8s.io"], resources: ["ingresses"], verbs: read },
];

/** It asks the API server whether somebody may approve. */
const webhookRules: Rule[] = [
  { apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"], verbs: ["create"] },
];

const webhookConfigurations = {
  apiGroups: ["admissionregistration.k8s.io"],
  resources: ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"],
};

/** Less than upstream's: it has one kind of source here, and of targets cert-manager's own two. */
const cainjectorRules: Rule[] = [
  { ...webhookConfigurations, verbs: read },
  { ...webhookConfigurations, resourceNames: [certManager.webhook], verbs: write },
  events,
];

/** In the namespace: the webhook keeps its authority there, which the cainjector reads. */
const localRules: Record<"webhook" | "cainjector", Rule[]> = {
  webhook: [
    {
      apiGroups: [""],
      resources: ["secrets"],
      resourceNames: [certManager.webhookAuthority],
      verbs: [...read, "update"],
    },
    // A rule can't name what is not there yet.
    { apiGroups: [""], resources: ["secrets"], verbs: ["create"] },
  ],
  cainjector: [{ apiGroups: [""], resources: ["secrets"], verbs: read }],
};

/** What scanners find in the cainjector's rights, and why it stands. */
const acceptedOfCainjector = {
  role: accepted({
    "changes-webhooks":
      "it writes the webhook's authority into cert-manager's own two, which are all that it may change",
  }),
  localBinding: accepted({
    "reads-secrets":
      "it finds the webhook's authority by watching all Secrets of this namespace, which a right can't narrow",
  }),
};

/** Children `<name>-<program>-account`, `-role` and `-binding`, and `-local-role` and `-local-binding` in the namespace. */
export function programAccounts(
  name: string,
  namespace: pulumi.Input<string>,
  options: { acme: boolean },
  parent: pulumi.Resource,
): { accounts: ProgramAccounts; bindings: pulumi.Resource[] } {
  const bindings: pulumi.Resource[] = [];
  const make = (program: keyof ProgramAccounts, rules: Rule[]): k8s.core.v1.ServiceAccount => {
    const full = `cert-manager-${program}`,
      clusterWide = { name: full, labels: appLabels(full) },
      inNamespace = { ...clusterWide, namespace };
    const annotations = program === "cainjector" ? acceptedOfCainjector : undefined;
    const account = new k8s.core.v1.ServiceAccount(
      `${name}-${program}-account`,
      { metadata: objectMeta(inNamespace), automountServiceAccountToken: false },
      { parent },
    );
    const subjects = [{ kind: "ServiceAccount", name: account.metadata.name, namespace }];
    const role = new k8s.rbac.v1.ClusterRole(
      `${name}-${program}-role`,
      { metadata: objectMeta({ ...clusterWide, annotations: annotations?.role }), rules },
      { parent },
    );
    bindings.push(
      new k8s.rbac.v1.ClusterRoleBinding(
        `${name}-${program}-binding`,
        {
          metadata: objectMeta(clusterWide),
          subjects,
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
        },
        { parent },
      ),
    );
    if (program === "controller") return account;
    const local = new k8s.rbac.v1.Role(
      `${name}-${program}-local-role`,
      { metadata: objectMeta(inNamespace), rules: localRules[program] },
      { parent },
    );
    bindings.push(
      new k8s.rbac.v1.RoleBinding(
        `${name}-${program}-local-binding`,
        {
          metadata: objectMeta({ ...inNamespace, annotations: annotations?.localBinding }),
          subjects,
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: local.metadata.name },
        },
        { parent },
      ),
    );
    return account;
  };
  const accounts = {
    controller: make("controller", controllerRules(options)),
    webhook: make("webhook", webhookRules),
    cainjector: make("cainjector", cainjectorRules),
  };
  return { accounts, bindings };
}

import { attachedToWorkspace, bus, busChildren, core, guildAuthority, policy } from "../testing/cases.ts";
import { holdsToContract } from "../testing/contract.ts";
import { eventsAttachment } from "./attachment.ts";
import { EventBus } from "./event-bus.ts";
import { ExistingEventBus } from "./existing-event-bus.ts";

holdsToContract([
  {
    component: "EventBus",
    make: (on, transform) =>
      new EventBus(
        "it",
        { transform, authority: guildAuthority, kubeconfig: "KUBECONFIG CANARY", people: ["ada"] },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      "guildnet:index:EventOperator operator",
      core("PersistentVolumeClaim", "data"),
      core("ConfigMap", "settings"),
      "guildnet:index:Certificate certificate",
      core("Secret", "tls"),
      core("ServiceAccount", "account"),
      policy("deny-all"),
      policy("from-pods"),
      "kubernetes:apps/v1:Deployment deployment",
      core("Service", "service"),
      ...["guild", "admins", "@ada"].map((audience) => `guildnet:index:EventStream stream-${audience}`),
    ],
    outputs: ["caCertificate"],
    secret: [],
    canaries: ["CA KEY", "KUBECONFIG CANARY", "GUILD CREDENTIALS"],
  },
  {
    component: "EventBus",
    make: (on, transform) =>
      new EventBus(
        "it",
        { transform, servers: 3, authority: guildAuthority, kubeconfig: "KUBECONFIG CANARY", people: ["ada"] },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      "guildnet:index:EventOperator operator",
      ...[0, 1, 2].map((server) => core("PersistentVolumeClaim", `data-${server}`)),
      core("Service", "routes"),
      "guildnet:index:CertificateAuthority route-authority",
      ...[0, 1, 2].map((server) => `guildnet:index:Certificate route-certificate-${server}`),
      ...[0, 1, 2].map((server) => core("Secret", `route-tls-${server}`)),
      core("ConfigMap", "servers-settings"),
      "guildnet:index:Certificate certificate",
      core("Secret", "tls"),
      core("ServiceAccount", "account"),
      ...["deny-all", "from-pods", "from-servers", "to-servers", "to-dns"].map(policy),
      "kubernetes:policy/v1:PodDisruptionBudget disruptions",
      "kubernetes:apps/v1:StatefulSet servers",
      core("Service", "service"),
      ...["guild", "admins", "@ada"].map((audience) => `guildnet:index:EventStream stream-${audience}`),
    ],
    outputs: ["caCertificate"],
    secret: [],
    canaries: ["CA KEY", "KUBECONFIG CANARY", "GUILD CREDENTIALS"],
  },
  {
    component: "ExistingEventBus",
    make: () =>
      new ExistingEventBus("it", {
        url: "tls://nats.example.org:4222",
        caCertificate: "CA CERTIFICATE",
        operatorSeed: "OPERATOR CANARY",
        systemCredentials: "SYSTEM CANARY",
        people: ["ada"],
      }),
    children: [
      "guildnet:index:EventGuildAccount guild",
      ...["guild", "admins", "@ada"].map((audience) => `guildnet:index:EventStream stream-${audience}`),
    ],
    outputs: ["caCertificate"],
    secret: [],
    canaries: ["OPERATOR CANARY", "SYSTEM CANARY", "GUILD CREDENTIALS"],
  },
  attachedToWorkspace(() => eventsAttachment(bus, { admins: ["ada"] }), {
    attached: "Events",
    children: busChildren,
    canaries: [
      "credentials of it-events-identity",
      Buffer.from("credentials of it-events-identity").toString("base64"),
      "SYSTEM CREDENTIALS",
      "OPERATOR SEED",
    ],
  }),
]);

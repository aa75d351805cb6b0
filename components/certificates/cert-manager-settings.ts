/** Port the API server asks the webhook at, behind port 443 of its Service; upstream's, which firewalls of clusters let pass. */
export const WEBHOOK_PORT = 10250;
export const WEBHOOK_HEALTH_PORT = 6080;
export const CONTROLLER_HEALTH_PORT = 9403;

/** Names that cert-manager's programs and tools expect. */
export const certManager = {
  namespace: "cert-manager",
  webhook: "cert-manager-webhook",
  webhookAuthority: "cert-manager-webhook-ca",
} as const;

/** What a CA issuer takes. */
const controllers = [
  "clusterissuers",
  "certificaterequests-approver",
  "certificaterequests-issuer-ca",
  "certificates-trigger",
  "certificates-issuing",
  "certificates-key-manager",
  "certificates-request-manager",
  "certificates-readiness",
  "certificates-revision-manager",
];
/** What an ACME issuer takes besides. */
const acmeControllers = ["certificaterequests-issuer-acme", "orders", "challenges"];

/** One replica of each, and the old gone before the new one starts: nobody has to be elected. */
const leaderElectionConfig = { enabled: false };

/** Of the controllers those that somebody asks for: each more of them watches more of the cluster. */
export function controllerSettings({ acme }: { acme: boolean }) {
  return {
    apiVersion: "controller.config.cert-manager.io/v1alpha1",
    kind: "ControllerConfiguration",
    clusterResourceNamespace: certManager.namespace,
    controllers: acme ? [...controllers, ...acmeControllers] : controllers,
    // A Secret goes with its Certificate, so that nothing is left of a server that has its certificate otherwise.
    enableCertificateOwnerRef: true,
    leaderElectionConfig,
  };
}

/** Its certificate is of an authority of its own, which it makes and renews. */
export function webhookSettings() {
  const { namespace, webhook, webhookAuthority } = certManager;
  return {
    apiVersion: "webhook.config.cert-manager.io/v1alpha1",
    kind: "WebhookConfiguration",
    securePort: WEBHOOK_PORT,
    healthzPort: WEBHOOK_HEALTH_PORT,
    metricsListenAddress: "0",
    tlsConfig: {
      dynamic: {
        secretNamespace: namespace,
        secretName: webhookAuthority,
        dnsNames: [webhook, `${webhook}.${namespace}`, `${webhook}.${namespace}.svc`],
      },
    },
  };
}

/** It tells the API server of the webhook's authority, and of nothing else. */
export function cainjectorSettings() {
  return {
    apiVersion: "cainjector.config.cert-manager.io/v1alpha1",
    kind: "CAInjectorConfiguration",
    namespace: certManager.namespace,
    metricsListenAddress: "0",
    enableDataSourceConfig: { certificates: false },
    enableInjectableConfig: {
      validatingWebhookConfigurations: true,
      mutatingWebhookConfigurations: true,
      customResourceDefinitions: false,
      apiServices: false,
    },
    leaderElectionConfig,
  };
}

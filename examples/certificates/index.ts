import {
  CertificateAuthority,
  Certificates,
  EmbeddedCluster,
  imageOf,
  images,
  Portal,
} from "../../components/index.ts"; // elsewhere: from "guildnet"

const nodePort = 30090;
const cluster = new EmbeddedCluster("lab", {
  apiPort: 8191,
  publish: [{ hostPort: 8190, nodePort }],
  images: {
    controller: { reference: images.certManager.controller },
    webhook: { reference: images.certManager.webhook },
    cainjector: { reference: images.certManager.cainjector },
    portal: { context: "../../images/portal" },
  },
});
const image = (name: string) => imageOf(cluster.images, name);
const opts = { provider: cluster.provider, deletedWith: cluster.machine };

/** In the stack's state: it outlives the cluster, and browsers import it once. */
const authority = new CertificateAuthority("authority", { commonName: "Lab CA" });
const certificates = new Certificates(
  "certificates",
  {
    cluster,
    authority,
    images: { controller: image("controller"), webhook: image("webhook"), cainjector: image("cainjector") },
  },
  opts,
);

/** Its certificate is renewed every sixty days, without a new pod. `cmctl renew --namespace guildnet-portal server-tls` does so at once. */
const portal = new Portal(
  "portal",
  {
    image: image("portal"),
    endpoint: cluster.endpoint,
    port: 8190,
    people: ["ada"],
    admins: ["ada"],
    authority,
    issuer: certificates.open,
    exposure: { type: "NodePort", nodePort, reason: "published on this machine's loopback alone" },
  },
  opts,
);

export const url = portal.url;
export const caCertificate = portal.caCertificate;

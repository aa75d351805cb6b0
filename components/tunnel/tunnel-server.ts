import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { Certificate, CertificateAuthority, RandomSecret } from "../../provider/sdk/index.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { images } from "../versions.ts";
import { frpServerSettings, paths, serverPorts } from "./frp-settings.ts";

/** What `transform` changes. */
export interface TunnelServerChildren {
  docker: docker.ProviderArgs;
  image: docker.RemoteImageArgs;
  container: docker.ContainerArgs;
}

export interface TunnelServerArgs {
  /** Docker engine of the machine, for instance "ssh://root@tunnel.example.org". */
  host: pulumi.Input<string>;
  /** Host name, or IPv4 address, that a guild connects to: its certificate is for that. */
  hostname: string;
  /** Address of the machine that it listens at. @default "0.0.0.0", all it has */
  address?: string;
  /** Port that a guild connects to. @default 7000 */
  port?: number;
  /** Port that visitors come to, over HTTPS. @default 443 */
  publicPort?: number;
  /** What a guild is let in by. @default one is made: `token` */
  token?: pulumi.Input<string>;
  /** @default upstream's */
  image?: pulumi.Input<string>;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<TunnelServerChildren>;
}

const NAME = "guildnet-tunnel";

/**
 * The public end of a tunnel, as a container of a machine that the internet reaches, which needs nothing but Docker.
 * It passes visitors on by the name in their TLS, which it can't read: what is published has its certificate in the guild.
 */
export class TunnelServer extends pulumi.ComponentResource {
  /** What a guild is let in by: its secret `guildnet:tunnelToken`. Secret. */
  declare readonly token: pulumi.Output<string>;
  /** PEM of the authority that signed its certificate: a guild's `tunnel.caCertificate`. */
  declare readonly caCertificate: pulumi.Output<string>;

  constructor(name: string, args: TunnelServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guildnet:index:TunnelServer", name, {}, transformed(name, args.transform, opts));
    const isAddress = /^[\d.]+$/.test(args.hostname);
    const dnsNames = isAddress ? [] : [args.hostname],
      ipAddresses = isAddress ? [args.hostname] : [];
    const authority = new CertificateAuthority(
      `${name}-authority`,
      { commonName: `${args.hostname} tunnel CA`, permitted: { dnsNames, ipAddresses } },
      { parent: this },
    );
    const certificate = new Certificate(
      `${name}-certificate`,
      {
        caCertificatePem: authority.certificatePem,
        caPrivateKeyPem: authority.privateKeyPem,
        commonName: args.hostname,
        dnsNames,
        ipAddresses,
      },
      { parent: this },
    );
    this.token = pulumi.secret(args.token ?? new RandomSecret(`${name}-secret`, {}, { parent: this }).value);
    this.caCertificate = authority.certificatePem;
    const engine = new docker.Provider(`${name}-docker`, { host: args.host }, { parent: this });
    const own = { parent: this, provider: engine };
    const image = new docker.RemoteImage(
      `${name}-image`,
      { name: args.image ?? images.frp.server, keepLocally: true },
      own,
    );
    // It has a fixed name and the ports: the old one must be gone first.
    new docker.Container(`${name}-container`, containerArgs(args, image, certificate, this.token), {
      ...own,
      deleteBeforeReplace: true,
    });
    this.registerOutputs({ token: this.token, caCertificate: this.caCertificate });
  }
}

/** Root inside, but without one capability. The root file system stays writable, since Docker puts no files into a container that is read-only. */
function containerArgs(
  { address = "0.0.0.0", port = 7000, publicPort = 443 }: TunnelServerArgs,
  image: docker.RemoteImage,
  certificate: Certificate,
  token: pulumi.Output<string>,
): docker.ContainerArgs {
  const settings = `${paths.settings}/frps.json`;
  return {
    name: NAME,
    image: image.imageId,
    command: ["--config", settings],
    restart: "unless-stopped",
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges:true"],
    memory: 256,
    uploads: [
      { file: settings, content: JSON.stringify(frpServerSettings()) },
      { file: `${paths.token}/token`, content: token, permissions: "0600" },
      { file: `${paths.tls}/tls.crt`, content: certificate.certificatePem },
      { file: `${paths.tls}/tls.key`, content: pulumi.secret(certificate.privateKeyPem), permissions: "0600" },
    ],
    ports: [
      { internal: serverPorts.clients, external: port, ip: address },
      { internal: serverPorts.visitors, external: publicPort, ip: address },
    ],
    logDriver: "json-file",
    logOpts: { "max-size": "10m", "max-file": "3" },
  };
}

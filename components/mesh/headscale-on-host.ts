import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { Certificate } from "../../provider/sdk/index.ts";
import type { Authority } from "../kube/authority.ts";
import { GuildError } from "../kube/errors.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { images } from "../versions.ts";
import { control, preAuthKey } from "./headscale-control.ts";
import type { KeySource } from "./headscale-control.ts";
import { HEADSCALE_PORT, paths, serverUrl, STUN_PORT } from "./headscale-settings.ts";
import { checkNetwork, closedPolicy, networkFiles } from "./headscale.ts";
import type { HeadscaleNetwork } from "./headscale.ts";
import type { AuthKeyRequest, Mesh } from "./mesh.ts";

/** What `transform` changes. */
export interface HeadscaleOnHostChildren {
  docker: docker.ProviderArgs;
  data: docker.VolumeArgs;
  image: docker.RemoteImageArgs;
  container: docker.ContainerArgs;
}

export interface HeadscaleOnHostArgs extends HeadscaleNetwork {
  /** Docker engine of the host, for instance "ssh://root@mesh.example.org". */
  host: pulumi.Input<string>;
  /** Signs its certificate; clients must trust it. */
  authority: Authority;
  /** Address of the host it listens at; others than loopback open it to a network. */
  address: string;
  /**
   * API key, made on the host once the server runs: `docker exec guildnet-headscale headscale
   * apikeys create --expiration 90d`. Without it there are no users, no policy, and no keys yet.
   */
  apiKey?: pulumi.Input<string>;
  /** @default upstream's */
  image?: pulumi.Input<string>;
  /** Whether its volume stays when it is removed. @default true */
  keepData?: boolean;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<HeadscaleOnHostChildren>;
}

const NAME = "guildnet-headscale";

/**
 * The same server as `Headscale`, as a container of a Docker host: for a mesh that shall be
 * there before the cluster is, or while it is not. The host needs nothing but Docker.
 */
export class HeadscaleOnHost extends pulumi.ComponentResource implements Mesh {
  readonly kind = "headscale";
  readonly loginServer: string;
  readonly baseDomain: string;
  readonly caCertificate: pulumi.Output<string>;
  private readonly keys: KeySource | undefined;

  constructor(name: string, args: HeadscaleOnHostArgs, opts?: pulumi.ComponentResourceOptions) {
    checkNetwork(name, args);
    super("guildnet:index:HeadscaleOnHost", name, {}, transformed(name, args.transform, opts));
    this.loginServer = serverUrl({ hostname: args.hostname, port: args.port ?? 443 });
    this.baseDomain = args.baseDomain;
    this.caCertificate = pulumi.output(args.authority.certificatePem);
    const engine = new docker.Provider(`${name}-docker`, { host: args.host }, { parent: this });
    const certificate = new Certificate(
      `${name}-certificate`,
      {
        caCertificatePem: args.authority.certificatePem,
        caPrivateKeyPem: args.authority.privateKeyPem,
        commonName: args.hostname,
        dnsNames: [args.hostname],
      },
      { parent: this },
    );
    const own = { parent: this, provider: engine };
    const data = new docker.Volume(`${name}-data`, { name: NAME }, { ...own, retainOnDelete: args.keepData ?? true });
    const image = new docker.RemoteImage(
      `${name}-image`,
      { name: args.image ?? images.headscale, keepLocally: true },
      own,
    );
    // It has a fixed name and the volume: the old one must be gone first.
    const container = new docker.Container(`${name}-container`, containerArgs(args, image, data, certificate), {
      ...own,
      deleteBeforeReplace: true,
    });
    if (args.apiKey !== undefined) {
      const server = {
        url: this.loginServer,
        apiKey: pulumi.secret(args.apiKey),
        caCertificatePem: this.caCertificate,
      };
      this.keys = control(
        name,
        { server, people: args.people ?? [], policy: args.policy ?? closedPolicy, machine: container },
        this,
        [container],
      );
    }
    this.registerOutputs({
      loginServer: this.loginServer,
      baseDomain: this.baseDomain,
      caCertificate: this.caCertificate,
    });
  }

  /** @throws GuildError while there is no `apiKey` */
  authKey(name: string, request: AuthKeyRequest, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
    if (this.keys === undefined) {
      throw new GuildError(
        "mesh-api-key",
        `${name}: keys to the mesh are made through its API; make an API key on the host first: docker exec ${NAME} headscale apikeys create --expiration 90d`,
      );
    }
    return preAuthKey(this.keys, name, request, opts);
  }
}

/**
 * Root inside, but without one capability: a volume that Docker makes belongs to root. The root
 * file system stays writable, since Docker puts no files into a container that is read-only.
 */
function containerArgs(
  args: HeadscaleOnHostArgs,
  image: docker.RemoteImage,
  data: docker.Volume,
  certificate: Certificate,
): docker.ContainerArgs {
  const files = networkFiles(args);
  return {
    name: NAME,
    image: image.imageId,
    command: ["serve"],
    restart: "unless-stopped",
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges:true"],
    memory: 512,
    tmpfs: { [paths.run]: "rw,noexec,nosuid,size=1m", "/tmp": "rw,noexec,nosuid,size=16m" },
    volumes: [{ volumeName: data.name, containerPath: paths.data }],
    uploads: [
      { file: `${paths.config}/config.yaml`, content: files["config.yaml"] },
      { file: `${paths.config}/derp.yaml`, content: files["derp.yaml"] },
      { file: `${paths.tls}/tls.crt`, content: certificate.certificatePem },
      { file: `${paths.tls}/tls.key`, content: pulumi.secret(certificate.privateKeyPem), permissions: "0600" },
    ],
    ports: [
      { internal: HEADSCALE_PORT, external: args.port ?? 443, ip: args.address },
      ...(args.stun ? [{ internal: STUN_PORT, external: STUN_PORT, ip: args.address, protocol: "udp" }] : []),
    ],
    logDriver: "json-file",
    logOpts: { "max-size": "10m", "max-file": "3" },
  };
}

import { images, Registry, registryAttachment, registryHost, registryIdentity } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { Wants, Layer, WantedVolume } from "../../system.ts";
import type { AuthorityGives } from "../authority/layer.ts";
import type { CertificatesGives } from "../certificates/layer.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { PortalGives } from "../portal/layer.ts";
import type { SchedulingGives } from "../scheduling/layer.ts";
import type { StorageGives } from "../storage/layer.ts";
import { registryAddress } from "./address.ts";
import { registryMistakes } from "./rules.ts";
import { registryKeys } from "./schema.ts";
import type { RegistryKeys } from "./schema.ts";

type Reads = RegistryKeys & ClusterKeys;
type Needs = AuthorityGives & ClusterGives & SchedulingGives & StorageGives & CertificatesGives & PortalGives;

const DATA = { namespace: registryIdentity.namespace, claim: "data" };

export const registry = system({
  keys: registryKeys,
  rules: registryMistakes,
  volumes: registryVolumes,
  wants: registryWants,
  layer: registryLayer,
});

function registryVolumes({ registry: wanted }: RegistryKeys): WantedVolume[] {
  return wanted === undefined ? [] : [{ path: ["registry"], ...DATA, size: wanted.storage, sizeKey: ["storage"] }];
}

function registryWants(config: Reads): Partial<Wants> {
  const address = registryAddress(config);
  // Signed for without one as well: the authority is then the same when there is one.
  const signed = { dnsNames: [registryHost], ipAddresses: address === undefined ? [] : [address] };
  return config.registry === undefined || address === undefined
    ? signed
    : {
        ...signed,
        images: { registry: { reference: images.registry } },
        registries: [{ host: registryHost, address }],
      };
}

function registryLayer(
  config: Reads,
  { access, authority, certificates, classes, classIn, image, opts, portalImage }: Needs,
): Layer<object, object> {
  const address = registryAddress(config);
  if (config.registry === undefined || address === undefined) return { gives: {}, outputs: {} };
  const { storage, keepData, maintenanceHour } = config.registry;
  const { volume, identity } = new Registry(
    "registry",
    {
      image: image("registry"),
      address,
      authority,
      issuer: certificates?.own,
      tokenImage: portalImage,
      endpoint: access.endpoint,
      storage,
      keepData,
      maintenanceHour,
      storageClass: classIn(DATA, keepData),
      priorityClass: classes.platform,
    },
    opts,
  );
  return {
    gives: {},
    outputs: {},
    // Of what is known before it is there, so that no workspace waits for it.
    attachments: [
      registryAttachment({ host: registryHost, identity: registryIdentity, caCertificate: authority.certificatePem }),
    ],
    kept: [{ name: "registry", namespace: identity.namespace, deployment: "registry", volume }],
  };
}

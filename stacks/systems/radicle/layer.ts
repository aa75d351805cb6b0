import type * as pulumi from "@pulumi/pulumi";
import {
  radicleAttachment,
  radicleHost,
  radicleIdentity,
  RADICLE_PORT,
  RadicleSeed,
  ROUTER_APP,
} from "../../../components/index.ts";
import type { EventBusAccess } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { Wants, Layer, WantedVolume } from "../../system.ts";
import type { AuthorityGives } from "../authority/layer.ts";
import type { CertificatesGives } from "../certificates/layer.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { MeshKeys } from "../mesh/schema.ts";
import type { PortalGives } from "../portal/layer.ts";
import type { SchedulingGives } from "../scheduling/layer.ts";
import type { StorageGives } from "../storage/layer.ts";
import { radicleMistakes } from "./rules.ts";
import { radicleKeys } from "./schema.ts";
import type { RadicleKeys } from "./schema.ts";

/** What devices on a mesh reach, where there is both. */
export interface RadicleGives {
  seed?: { readonly address: pulumi.Output<string>; readonly port: number } | undefined;
}

type Reads = RadicleKeys & ClusterKeys & MeshKeys;
/** Where there is an event bus. */
type MayNeed = { events?: EventBusAccess | undefined };
type Needs = MayNeed & AuthorityGives & ClusterGives & SchedulingGives & StorageGives & CertificatesGives & PortalGives;

const DATA = { namespace: radicleIdentity.namespace, claim: "data" };

export const radicle = system({
  keys: radicleKeys,
  rules: radicleMistakes,
  volumes: radicleVolumes,
  wants: radicleWants,
  layer: radicleLayer,
});

function radicleVolumes({ radicle: wanted }: RadicleKeys): WantedVolume[] {
  return wanted === undefined ? [] : [{ path: ["radicle"], ...DATA, size: wanted.storage, sizeKey: ["storage"] }];
}

function radicleWants({ radicle: wanted }: RadicleKeys): Partial<Wants> {
  // Signed for without one as well: the authority is then the same when there is one.
  const signed = { dnsNames: [radicleHost] };
  return wanted === undefined
    ? signed
    : {
        ...signed,
        images: {
          radicle: {
            ...(wanted.image === undefined ? { context: "images/radicle" } : { reference: wanted.image }),
            // Of which each workspace has programs, and one beside it.
            first: true,
          },
        },
      };
}

function radicleLayer(
  { radicle: wanted, mesh }: Reads,
  { access, authority, certificates, classes, classIn, events, image, opts, portalImage }: Needs,
): Layer<RadicleGives, object> {
  if (wanted === undefined) return { gives: {}, outputs: {} };
  const { storage, seeding, keepData, passwordGeneration } = wanted;
  const { volume, identity, identityKey, clusterAddress } = new RadicleSeed(
    "radicle",
    {
      image: image("radicle"),
      peopleImage: portalImage,
      authority,
      issuer: certificates?.own,
      events,
      routers: mesh.kind === "none" ? undefined : ROUTER_APP,
      endpoint: access.endpoint,
      seeding,
      storage,
      storageClass: classIn(DATA, keepData),
      keepData,
      priorityClass: classes.platform,
    },
    opts,
  );
  return {
    gives: { seed: { address: clusterAddress, port: RADICLE_PORT } },
    outputs: {},
    // Of what is known before it is there, so that no workspace waits for it.
    attachments: [
      radicleAttachment(
        {
          image: image("radicle"),
          host: radicleHost,
          identity: radicleIdentity,
          caCertificate: authority.certificatePem,
          identityKey,
        },
        { passwordGeneration },
      ),
    ],
    kept: [{ name: "radicle", namespace: identity.namespace, deployment: "radicle", volume }],
  };
}

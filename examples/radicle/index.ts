import {
  CertificateAuthority,
  EmbeddedCluster,
  imageOf,
  images,
  radicleAttachment,
  RadicleSeed,
  Storage,
  Workspace,
} from "../../components/index.ts"; // elsewhere: from "guildnet"

const authority = new CertificateAuthority("authority", { commonName: "Lab CA" });

const cluster = new EmbeddedCluster("lab", {
  apiPort: 8192,
  images: {
    storage: { reference: images.localPathProvisioner },
    radicle: { context: "../../images/radicle" },
    portal: { context: "../../images/portal" }, // what knows the people is in it
    workspace: { context: "../../images/workspace" },
  },
});
const image = (name: string) => imageOf(cluster.images, name);
const opts = { provider: cluster.provider, deletedWith: cluster.machine };

const storage = new Storage("storage", { image: image("storage"), path: cluster.volumesPath }, opts);
const storageClass = storage.className;
const seed = new RadicleSeed(
  "radicle",
  { image: image("radicle"), peopleImage: image("portal"), authority, endpoint: cluster.endpoint, storageClass },
  opts,
);

/** In one, `rad init` makes a repository; in the other, `rad clone <its id>` has it. */
for (const owner of ["ada", "bob"])
  new Workspace(
    owner,
    { owner, image: image("workspace"), storageClass, attachments: [radicleAttachment(seed)] },
    opts,
  );

import {
  Backup,
  BackupServer,
  CertificateAuthority,
  EmbeddedCluster,
  imageOf,
  images,
  RandomSecret,
  Storage,
  Workspace,
} from "../../components/index.ts"; // elsewhere: from "guildnet"

const cluster = new EmbeddedCluster("lab", {
  apiPort: 8191,
  images: {
    storage: { reference: images.localPathProvisioner },
    restic: { reference: images.restic },
    server: { reference: images.restServer },
    workspace: { context: "../../images/workspace" },
  },
});
const image = (name: string) => imageOf(cluster.images, name);
const opts = { provider: cluster.provider, deletedWith: cluster.machine };

const storage = new Storage("storage", { image: image("storage"), path: cluster.volumesPath }, opts);
const ada = new Workspace(
  "ada",
  { owner: "ada", image: image("workspace"), storageClass: storage.className, backup: true },
  opts,
);

/** Every password is made of it: whoever loses it can't read a snapshot any more. */
const key = new RandomSecret("backup-key").value;
const authority = new CertificateAuthority("authority", { commonName: "Lab CA" });
/** In place of it, `s3Target({ … })` and `restTarget({ … })` name servers elsewhere. */
const target = new BackupServer(
  "server",
  { key, authority, repositories: ["ws-ada"], image: image("server"), storageClass: storage.className },
  opts,
);

/** Each night; at once with `kubectl create job now --from cronjob/backup --namespace ws-ada`. */
new Backup("ada-backup", { volume: ada.volume, repository: target.repository("ws-ada"), image: image("restic") }, opts);

export const backupKey = key;

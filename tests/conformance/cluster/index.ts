import * as pulumi from "@pulumi/pulumi";
import { EmbeddedCluster, images, Storage } from "../../../components/index.ts";
import { suiteImages } from "./suite-images.ts";

/** The product's cluster and nothing else on it but volumes: the tests bring the rest. */
const config = new pulumi.Config();
const cluster = new EmbeddedCluster("suite", {
  apiPort: config.requireNumber("apiPort"),
  keepVolumes: false,
  images: { storage: { reference: images.localPathProvisioner }, ...suiteImages },
});

new Storage(
  "storage",
  { image: cluster.images["storage"] ?? images.localPathProvisioner, path: cluster.volumesPath },
  {
    provider: cluster.provider,
    deletedWith: cluster.machine,
  },
);

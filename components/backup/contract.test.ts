import * as pulumi from "@pulumi/pulumi";
import { core, policy } from "../testing/cases.ts";
import { holdsToContract } from "../testing/contract.ts";
import { Backup } from "./backup.ts";
import { repositoryPassword } from "./key.ts";
import { s3Target } from "./repository.ts";
import { BackupServer } from "./server.ts";

holdsToContract([
  {
    component: "BackupServer",
    make: (on, transform) =>
      new BackupServer(
        "it",
        {
          transform,
          key: pulumi.secret("CANARY"),
          repositories: ["ws-ada"],
          authority: { certificatePem: "CA CERTIFICATE", privateKeyPem: pulumi.secret("CA KEY") },
        },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      policy("deny-all"),
      policy("from-backups"),
      core("ServiceAccount", "account"),
      "guildnet:index:Certificate certificate",
      core("Secret", "tls"),
      core("Secret", "users"),
      core("PersistentVolumeClaim", "data"),
      "kubernetes:apps/v1:Deployment deployment",
      core("Service", "service"),
    ],
    outputs: [],
    secret: [],
    canaries: ["CA KEY", "KEY", "{SHA}"],
  },
  {
    component: "Backup",
    make: (on, transform) =>
      new Backup(
        "it",
        {
          transform,
          volume: { namespace: "ws-ada", claim: "home", user: 1000, workload: "workspace" },
          repository: s3Target({
            endpoint: "https://s3.example.org",
            bucket: "guild",
            prefix: "guildnet",
            key: "key",
            credentials: { accessKey: "ACCESS CANARY", secretKey: "SECRET CANARY" },
          }).repository("ws-ada"),
        },
        { provider: on() },
      ),
    children: [
      core("Secret", "repository"),
      "kubernetes:networking.k8s.io/v1:NetworkPolicy network",
      "kubernetes:batch/v1:CronJob job",
      "kubernetes:batch/v1:CronJob restore",
    ],
    outputs: [],
    secret: [],
    canaries: ["ACCESS CANARY", "SECRET CANARY", repositoryPassword("key", "ws-ada")],
  },
]);

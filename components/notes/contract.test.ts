import * as pulumi from "@pulumi/pulumi";
import { attachedToWorkspace, bus, busChildren, core, guildAuthority, policy } from "../testing/cases.ts";
import { holdsToContract } from "../testing/contract.ts";
import { notesAttachment } from "./attachment.ts";
import { notesToken } from "./identity.ts";
import { Notes } from "./notes.ts";

const NOTES_KEY = Buffer.from("the key of the notes").toString("base64url");

holdsToContract([
  {
    component: "Notes",
    make: (on, transform) =>
      new Notes(
        "it",
        {
          transform,
          image: "example.org/notes:1",
          workspaces: [{ id: "ada-lab", owner: "ada" }],
          authority: guildAuthority,
          portal: { app: "portal", namespace: "guildnet-portal" },
          events: bus,
        },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      core("ServiceAccount", "account"),
      core("PersistentVolumeClaim", "data"),
      "guildnet:index:Certificate certificate",
      core("Secret", "tls"),
      "guildnet:index:RandomSecret token-key",
      "guildnet:index:RandomSecret identity-key",
      core("Secret", "keys"),
      core("Secret", "tokens"),
      policy("deny-all"),
      policy("from-workspaces"),
      policy("from-portal"),
      policy("to-dns"),
      ...busChildren,
      "kubernetes:apps/v1:Deployment deployment",
      core("Service", "service"),
    ],
    outputs: ["url", "caCertificate"],
    secret: [],
    canaries: ["CA KEY", "KEY"],
  },
  attachedToWorkspace(
    () =>
      notesAttachment({
        image: "example.org/notes:1",
        tokenKey: pulumi.secret(NOTES_KEY),
        caCertificate: "CA CERTIFICATE",
      }),
    {
      attached: "Notes",
      children: [core("Secret", "notes-access"), core("ConfigMap", "notes-authority"), policy("to-notes")],
      canaries: [notesToken(NOTES_KEY, "it", "ada").split(".")[1] ?? ""],
    },
  ),
]);

import { core, policy, rbac, workspaceChildren } from "../testing/cases.ts";
import { holdsToContract } from "../testing/contract.ts";
import { App } from "./app.ts";
import { ideAccess } from "./ide-access.ts";
import { Workspace } from "./workspace.ts";

holdsToContract([
  {
    component: "Workspace",
    make: (on, transform) =>
      new Workspace("it", { transform, owner: "ada", image: "example.org/workspace:1" }, { provider: on() }),
    children: workspaceChildren,
    outputs: ["namespace"],
    secret: [],
    canaries: [ideAccess("random of it-ide-token").session],
  },
  {
    component: "App",
    make: (on, transform) =>
      new App(
        "it",
        {
          transform,
          owner: "ada",
          image: "example.org/wiki:1",
          port: 3000,
          storage: { size: "1Gi", path: "/data" },
          internet: true,
        },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      core("ResourceQuota", "quota"),
      core("LimitRange", "limits"),
      policy("deny-all"),
      policy("from-portal"),
      policy("to-dns"),
      policy("to-internet"),
      rbac("Role", "portal-role"),
      rbac("RoleBinding", "portal-binding"),
      core("ServiceAccount", "account"),
      core("PersistentVolumeClaim", "data"),
      "kubernetes:apps/v1:Deployment deployment",
      core("Service", "service"),
    ],
    outputs: ["namespace"],
    secret: [],
    canaries: [],
  },
]);

import { z } from "zod";
import { PORT_NAME, RESERVED_ENVIRONMENT } from "../../../components/index.ts";
import { foreignLabel, isNodeLabel } from "../../../components/kube/labels.ts";
import { variableFault, variablesFault, WORKSPACE_ENVIRONMENT } from "../../../components/workspace/variables.ts";
import { cidr, text } from "../../check/scalars.ts";

// What workspaces and apps may say of their pods.

const LABEL_KEY =
  /^((?=[^/]{1,253}\/)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

const labelName = z.string().regex(LABEL_KEY, 'a Kubernetes label, for instance "team" or "example.org/team"');
const labelValue = text.pipe(z.string().regex(LABEL_VALUE, "a label's value: at most 63 letters, digits, -, _ and ."));
export const labels = z.record(
  labelName.refine(
    (key) => foreignLabel(key) === undefined,
    'a label of yours, for instance "example.org/team": those below kubernetes.io, k8s.io and guildnet.io are not for others to set',
  ),
  labelValue,
);
export const nodeSelector = z.record(
  labelName.refine(isNodeLabel, 'a label that nodes have, for instance "kubernetes.io/arch" or "example.org/disk"'),
  labelValue,
);

const variableName = z
  .string()
  .regex(VARIABLE, "a name of letters, digits and _, no digit first")
  .refine(
    (name) => !RESERVED_ENVIRONMENT.test(name),
    "a name that doesn't start with GUILDNET_; those are set by the workspace itself",
  );
export const environment = variables(variableName);
export const workspaceEnvironment = variables(
  variableName.refine(
    (name) => !WORKSPACE_ENVIRONMENT.includes(name),
    `a name other than ${WORKSPACE_ENVIRONMENT.join(", ")}; those are set by the workspace itself`,
  ),
);

function variables(name: z.ZodType<string, string>) {
  return z
    .record(name, z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .superRefine((all, context) => {
      for (const [key, value] of Object.entries(all)) {
        const message = variableFault(key, value);
        if (message !== undefined) context.addIssue({ code: "custom", path: [key], message });
      }
      const message = variablesFault(all);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    });
}

export const ports = z
  .array(
    z.strictObject({
      name: z
        .string()
        .regex(PORT_NAME, 'at most 15 lower case letters, digits and "-", for instance "web"')
        .describe("Name, unique among the ports. No default."),
      port: z.int().min(1024).max(65535).describe("Port it listens at, 1024 to 65535. No default."),
    }),
  )
  .default([]);

export const internet = z.union(
  [z.boolean(), z.array(cidr).min(1)],
  'true, false, or a list of networks such as ["10.1.0.0/16"]',
);

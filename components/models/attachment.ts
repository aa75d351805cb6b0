import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { RandomSecret } from "../../provider/sdk/index.ts";
import type { SecretKey, WorkspaceAttachment } from "../kube/attachment.ts";
import { metaIn } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import { subjectHash } from "../kube/subject-hash.ts";
import { mayReadSecret } from "../kube/secret-reader.ts";
import type { Transforms } from "../kube/transform.ts";
import { CODEX_FOLDER, codexFiles, mcpTokenVariable, TOKEN_VARIABLE } from "./codex.ts";
import type { McpServer } from "./codex.ts";
import { toModelGateway } from "./gateway-reach.ts";
import { modelGatewayIdentity } from "./model-server.ts";
import type { ServedModel } from "./model-server.ts";

/** The Secret that the gateway reads in a workspace's namespace, and the entry of it with the token. */
export const MODELS_ACCESS = "models-access";
const TOKEN = "password";

const AUTHORITY_FOLDER = "/etc/guildnet/models";

/** What `transform` changes in each workspace. */
export interface ModelsAttachmentChildren {
  "models-access": k8s.core.v1.SecretArgs;
  "models-mcp-tokens": k8s.core.v1.SecretArgs;
  "models-authority": k8s.core.v1.ConfigMapArgs;
  "models-codex": k8s.core.v1.ConfigMapArgs;
  "models-role": k8s.rbac.v1.RoleArgs;
  "models-binding": k8s.rbac.v1.RoleBindingArgs;
}

export interface ModelsAttachmentArgs {
  /** The gateway's address, with `/v1`: `ModelGateway`'s `url`. Known before it is there, so that no workspace waits for it. */
  url: string;
  /** PEM of the authority that its certificate is from. */
  caCertificate: pulumi.Input<string>;
  /** What there is to ask. The first is what Codex asks unless its person says otherwise. */
  models: readonly ServedModel[];
  /** Whether the first is OpenAI's own, of which Codex knows more. @default false */
  known?: boolean;
  /** Servers of tools that Codex has in every workspace, by their names. @default none */
  mcpServers?: Readonly<Record<string, McpServer>>;
  /** Tokens that some of these are asked with, by the servers' names: a workspace has each as the variable `mcpTokenVariable` of it. @default none */
  mcpTokens?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Whether a person's Codex may have others than those. @default false: the list is all that there is */
  otherMcpServers?: boolean;
  /** Raising it gives every workspace another token, and ends the old ones; the workspaces start anew. @default 1 */
  tokenGeneration?: number;
  /** Changes what it makes. @default none */
  transform?: Transforms<ModelsAttachmentChildren>;
}

/**
 * Lets a workspace ask models: Codex is ready at its first start, and what speaks OpenAI's API finds address and token where it
 * looks for them. A person's own variables and ~/.codex stand before ours.
 */
export function modelsAttachment(args: ModelsAttachmentArgs): WorkspaceAttachment {
  const { url, tokenGeneration = 1 } = args;
  return {
    name: "models",
    transform: args.transform,
    attach: (workspace) => ({
      environment: {
        GUILDNET_MODELS: url,
        // Programs are told of their token at their start alone: with another one the workspace is another, too.
        GUILDNET_MODELS_GENERATION: String(tokenGeneration),
      },
      defaults: {
        OPENAI_BASE_URL: url,
        CODEX_CA_CERTIFICATE: `${AUTHORITY_FOLDER}/ca.crt`,
        NODE_EXTRA_CA_CERTS: `${AUTHORITY_FOLDER}/ca.crt`,
        SSL_CERT_DIR: `/etc/ssl/certs:${AUTHORITY_FOLDER}`,
      },
      secretDefaults: {
        ...tokenVariables(access(workspace, tokenGeneration)),
        ...mcpVariables(workspace, args),
      },
      files: [
        { name: "models-authority", folder: AUTHORITY_FOLDER, from: { configMap: trusted(workspace, args) } },
        { name: "models-codex", folder: CODEX_FOLDER, from: { configMap: codex(workspace, args) } },
      ],
      reach: { "to-models": toModelGateway },
    }),
  };
}

/** Codex has one of its own, which goes nowhere but to the gateway: a person's OPENAI_API_KEY is for where they sent it. */
function tokenVariables(secret: pulumi.Input<string>): Record<string, SecretKey> {
  const token = { secret, key: TOKEN };
  return { OPENAI_API_KEY: token, [TOKEN_VARIABLE]: token };
}

/** Child `<workspace>-models-mcp-tokens`, where there are some. Codex's settings, which are no secret, name the variables. */
function mcpVariables(workspace: Place, { mcpTokens = {} }: ModelsAttachmentArgs): Record<string, SecretKey> {
  const names = Object.keys(mcpTokens);
  if (names.length === 0) return {};
  const { metadata } = new k8s.core.v1.Secret(
    `${workspace.name}-models-mcp-tokens`,
    {
      metadata: metaIn(workspace, "models-mcp-tokens"),
      stringData: Object.fromEntries(Object.entries(mcpTokens).map(([name, token]) => [name, pulumi.secret(token)])),
    },
    { parent: workspace.parent },
  );
  return Object.fromEntries(names.map((key) => [mcpTokenVariable(key), { secret: metadata.name, key }]));
}

/** Children `<workspace>-models-token`, `-access`, `-role` and `-binding`. @returns name of the Secret */
function access(workspace: Place, generation: number): pulumi.Output<string> {
  const { name, parent } = workspace;
  // One of another length is another one.
  const random = new RandomSecret(`${name}-models-token`, { bytes: 31 + generation }, { parent });
  const secret = new k8s.core.v1.Secret(
    `${name}-models-access`,
    {
      metadata: metaIn(workspace, MODELS_ACCESS),
      // It says whose it is, as it comes without a name.
      stringData: { [TOKEN]: pulumi.secret(random.value).apply((value) => `${name}.${value}`) },
    },
    { parent },
  );
  const { app, namespace } = modelGatewayIdentity;
  mayReadSecret(workspace, "models", MODELS_ACCESS, { serviceAccount: app, namespace });
  return secret.metadata.name;
}

/** Child `<workspace>-models-authority`: as a file, and under the name by which programs look for it in a folder. */
function trusted(workspace: Place, { caCertificate }: ModelsAttachmentArgs): pulumi.Output<string> {
  const data = pulumi.output(caCertificate).apply((pem) => {
    const hash = subjectHash(pem);
    return { "ca.crt": pem, ...(hash !== undefined && { [`${hash}.0`]: pem }) };
  });
  return new k8s.core.v1.ConfigMap(
    `${workspace.name}-models-authority`,
    { metadata: metaIn(workspace, "models-authority"), data },
    { parent: workspace.parent },
  ).metadata.name;
}

/** Child `<workspace>-models-codex`: all of /etc/codex. A change of it is in the workspace within a minute or two. */
function codex(workspace: Place, args: ModelsAttachmentArgs): pulumi.Output<string> {
  const { url, models, known = false, mcpServers = {}, otherMcpServers = false } = args;
  return new k8s.core.v1.ConfigMap(
    `${workspace.name}-models-codex`,
    {
      metadata: metaIn(workspace, "models-codex"),
      data: codexFiles({ url, models, known, mcpServers, otherMcpServers }),
    },
    { parent: workspace.parent },
  ).metadata.name;
}

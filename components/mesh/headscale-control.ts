import * as pulumi from "@pulumi/pulumi";
import { HeadscalePolicy, HeadscalePreAuthKey, HeadscaleUser } from "../../provider/sdk/index.ts";
import type { HeadscaleServer } from "../../provider/sdk/index.ts";
import { KEY_HOURS } from "./mesh.ts";
import type { AuthKeyRequest } from "./mesh.ts";
import { policyText } from "./policy-checks.ts";
import type { MeshPolicy } from "./policy.ts";

/** User whom the guild's own devices belong to: routers, and what joins by a tagged key. */
export const GUILD_USER = "guildnet";

export interface ControlArgs {
  server: HeadscaleServer;
  /** Handles of the people who may have devices of their own. */
  people: readonly string[];
  /** The server's whole policy; undefined leaves it as it is. */
  policy?: pulumi.Input<MeshPolicy>;
  /**
   * The server, where it is this program's own. Users go with it, and stay in its data with their
   * devices; one by one, each would take its devices off the mesh. @default it stays, and users are deleted
   */
  machine?: pulumi.Resource;
}

/** Where keys come from. */
export interface KeySource {
  server: HeadscaleServer;
  user: HeadscaleUser;
  /** Where the guild keeps it: it must know a tag before a key gives it. */
  policy?: HeadscalePolicy;
  /** The server, where keys go with it as well: in a node whose port is closed before anything is deleted, none could be ended. */
  machine?: pulumi.Resource;
}

/** Puts users and policy on a server, through its API. */
export function control(
  name: string,
  { server, people, policy, machine }: ControlArgs,
  parent: pulumi.Resource,
  dependsOn: pulumi.Resource[] = [],
): KeySource {
  const user = (handle: string, displayName?: string) =>
    new HeadscaleUser(
      `${name}-user-${handle}`,
      { server, name: handle, displayName },
      { parent, dependsOn, deletedWith: machine },
    );
  const users = [user(GUILD_USER, "GuildNet"), ...people.map((handle) => user(handle))] as const;
  if (policy === undefined) return { server, user: users[0] };
  // It speaks of users, so these come first.
  return {
    server,
    user: users[0],
    policy: new HeadscalePolicy(
      `${name}-policy`,
      { server, policy: pulumi.output(policy).apply(policyText) },
      { parent, dependsOn: [...users] },
    ),
  };
}

/** A key for devices of the guild's own user. */
export function preAuthKey(
  { server, user, policy, machine }: KeySource,
  name: string,
  request: AuthKeyRequest,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const hours = request.expirationHours ?? KEY_HOURS;
  const { key } = new HeadscalePreAuthKey(
    name,
    {
      server,
      userId: user.userId,
      tags: request.tags,
      reusable: request.reusable ?? false,
      ephemeral: request.ephemeral ?? false,
      expirationHours: hours,
      // As with certificates: any `up` within the last third of its life makes a new one.
      renewBeforeHours: Math.floor(hours / 3),
      generation: request.generation ?? 1,
    },
    pulumi.mergeOptions(opts, { dependsOn: policy, ...(machine && { deletedWith: machine }) }),
  );
  return pulumi.secret(key);
}

import { randomUUID } from "node:crypto";
import { z } from "zod";
import { ActionableError } from "../errors.ts";
import { HeadscaleApi, type User } from "../headscale/api.ts";
import { littlePatience, patience, serverSchema } from "../headscale/connection.ts";
import { define } from "./resource.ts";

const schema = z.object({
  server: serverSchema,
  name: z
    .string()
    .regex(
      /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])$/,
      "must be 2 to 63 lower-case letters, digits, hyphens and dots, as in a DNS name",
    ),
  displayName: z.string().min(1).optional(),
  email: z.email().optional(),
});
type Inputs = z.infer<typeof schema>;

export const headscaleUser = define({
  schema,
  replaceOn: [],
  async create(inputs) {
    const api = new HeadscaleApi(inputs.server, patience),
      known = await api.userNamed(inputs.name);
    if (known !== undefined) await endKeys(api, known);
    return { id: randomUUID(), outputs: { userId: (known ?? (await ensure(api, inputs))).id } };
  },
  async update(inputs, _progress, old) {
    const api = new HeadscaleApi(inputs.server, patience);
    if (old.name !== inputs.name) await rename(api, String(old.name), inputs.name);
    if (old.displayName !== inputs.displayName || old.email !== inputs.email) await makeRoom(api, inputs);
    return { id: String(old.id), outputs: { userId: (await ensure(api, inputs)).id } };
  },
  async drift({ server, name }, { userId }) {
    const user = await new HeadscaleApi(server, littlePatience).userNamed(name);
    if (user === undefined) return "the server has no user of this name";
    return user.id === userId ? undefined : `the server's number for it is ${user.id}, no longer ${String(userId)}`;
  },
  async delete({ server, name }, progress) {
    const api = new HeadscaleApi(server, patience);
    const user = await api.userNamed(name);
    if (user === undefined) return;
    // The keys first, or a device that was told to leave could come back meanwhile.
    await endKeys(api, user);
    for (const node of await api.nodesOf(user.id)) {
      progress(`${name} leaves the mesh, and so does the device ${node.name}`);
      await api.deleteNode(node.id);
    }
    await api.deleteUser(user.id);
  },
});

/**
 * The server has no call to change a user's details, so the user is made anew; not at the price of its devices.
 *
 * @throws ActionableError `user-has-nodes`.
 */
async function makeRoom(api: HeadscaleApi, { server, name }: Inputs): Promise<void> {
  const user = await api.userNamed(name);
  if (user === undefined) return;
  const nodes = await api.nodesOf(user.id);
  if (nodes.length > 0) {
    throw new ActionableError(
      "user-has-nodes",
      `the user ${name} of ${server.url} has ${nodes.length === 1 ? "a node" : `${nodes.length} nodes`} (${nodes.map((node) => node.name).join(", ")}), and Headscale can't change its displayName or email meanwhile: ` +
        `leave them as they were, or delete the nodes with "headscale nodes delete", then run this again`,
    );
  }
  await api.deleteUser(user.id);
}

/** Of a user that was there before: whoever made its keys is not here to end them. Nodes that joined with one stay. */
async function endKeys(api: HeadscaleApi, { id }: User): Promise<void> {
  for (const { key, expiration } of await api.preAuthKeys(id)) {
    if (expiration == null || Date.parse(expiration) > Date.now()) await api.expirePreAuthKey(id, key);
  }
}

/** The user of that name, whoever made it: a run that was killed may have, and its nodes are worth more than its display name. */
async function ensure(api: HeadscaleApi, { name, displayName, email }: Inputs): Promise<User> {
  return (await api.userNamed(name)) ?? api.createUser(name, { displayName, email });
}

async function rename(api: HeadscaleApi, from: string, to: string): Promise<void> {
  const [old, taken] = [await api.userNamed(from), await api.userNamed(to)];
  if (old !== undefined && taken === undefined) await api.renameUser(old.id, to);
}

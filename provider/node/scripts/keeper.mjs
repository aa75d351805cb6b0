// Looks after what all people of the node share. Volumes grow when their claim did, which nobody else sees to: folders
// by being told so, files (`volume`) by growing; files go when they are to; and the portal learns when the disk, or
// somebody's home that is a file, is nearly full.
//
// Arguments: the node's folder, the API server's address.
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { request } from "node:https";
import { basename, dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const [folder, server] = process.argv.slice(2);
/** The same folder in the names of volumes. */
const IN_NODE = "/run/guildnet";
const BETWEEN_LOOKS_MS = 10_000;
/** What could not grow is tried again after so long: there may be room by then. */
const AGAIN_MS = 5 * 60_000;
const GIB = 2 ** 30;
/** Below this the disk is nearly full, as `npm run status` has it. */
const ENOUGH = 5 * GIB;
const NEARLY = 0.9;
/** Where the portal looks for it, in its own namespace. */
const TOLD = "/api/v1/namespaces/guildnet-portal/configmaps/machine";

/** The node's volumes, with what their claims ask for and, of a file that is mounted, what fits in and is taken. */
async function volumes() {
  const [all, claims] = await Promise.all([list("/api/v1/persistentvolumes"), list("/api/v1/persistentvolumeclaims")]);
  const found = all.flatMap(({ metadata: { name }, spec: { hostPath, capacity, claimRef } }) => {
    const path = hostPath?.path ?? "",
      claim = claims.find(({ metadata }) => metadata.uid === claimRef?.uid);
    if (!path.startsWith(`${IN_NODE}/volumes/`) || claim === undefined) return [];
    const asked = claim.spec.resources.requests.storage;
    return [{ name, path, claim: claim.metadata, asked, grew: bytes(asked) > bytes(capacity.storage) }];
  });
  return Promise.all(
    found.map(async (volume) => ({ ...volume, ...(await sizeOf(join(folder, volume.path.slice(IN_NODE.length)))) })),
  );
}

async function list(path) {
  return JSON.parse((await ask("GET", path)).body).items;
}

async function sizeOf(here) {
  const found = statSync(here, { throwIfNoEntry: false });
  if (!existsSync(join(dirname(here), `.${basename(here)}.ext4`)))
    return found !== undefined && isMountPoint(found) ? {} : { holds: Infinity };
  if (found === undefined || found.dev === statSync(dirname(here)).dev) return {};
  const { blocks, bfree, bsize } = await statfs(here);
  return { holds: blocks * bsize, taken: (blocks - bfree) * bsize };
}

/** Nobody's, as folders are that a file is mounted over. */
function isMountPoint({ uid, mode }) {
  return uid === 0 && (mode & 0o777) === 0;
}

const factors = { "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

/** Of a quantity as the API server writes it. */
function bytes(quantity) {
  const [, value, suffix] = /^([\d.]+)(\D*)$/.exec(quantity) ?? [];
  return Math.ceil(Number(value) * factors[suffix]);
}

const tried = new Map();

async function grow({ name, path, claim, asked, grew, holds = 0 }) {
  if (holds >= bytes(asked)) {
    if (grew) await sayGrown(name, claim, asked);
    return;
  }
  const last = tried.get(path);
  if (last?.asked === asked && Date.now() - last.at < AGAIN_MS) return;
  tried.set(path, { asked, at: Date.now() });
  await run("grow", path, String(bytes(asked)));
}

/** As whoever expands volumes does, the claim first: it is looked at again until the volume says so, too. */
async function sayGrown(name, { namespace, name: claim }, storage) {
  await ask(
    "PATCH",
    `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${claim}/status`,
    { status: { capacity: { storage } } },
    MERGE,
  );
  await ask("PATCH", `/api/v1/persistentvolumes/${name}`, { spec: { capacity: { storage } } }, MERGE);
}

/** Those whose provisioner could not let them go itself. */
async function remove() {
  for (const namespace of readdirSync(join(folder, "volumes"), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )) {
    const claims = readdirSync(join(folder, "volumes", namespace.name)).flatMap(
      (file) => /^\.(.+)\.ext4\.removed$/.exec(file)?.[1] ?? [],
    );
    for (const claim of claims) await run("remove", `${IN_NODE}/volumes/${namespace.name}/${claim}`);
  }
}

function run(...args) {
  return new Promise((done) => {
    execFile(join(folder, "run", "volume"), args, (error, stdout, stderr) => {
      console.log(`${args.join(" ")}: ${error ? `failed (${error.code})` : "done"}\n${stdout}${stderr}`.trim());
      done();
    });
  });
}

/** What a person should know, in words that stay the same for a while. */
async function warnings(all) {
  const { bavail, bsize } = await statfs(join(folder, "volumes")),
    free = bavail * bsize;
  const full = all
    .filter(({ holds, taken }) => taken > NEARLY * holds)
    .flatMap(({ path }) => /\/ws-([^/]+)\/home$/.exec(path)?.[1] ?? []);
  return {
    ...(free < ENOUGH && { "disk-free": `${(free / GIB).toFixed(1)} GiB` }),
    ...(full.length > 0 && { "full-homes": full.sort().join(",") }),
  };
}

let told;

async function tell(data) {
  if (JSON.stringify(data) === told) return;
  const { status } = await ask("PATCH", `${TOLD}?fieldManager=guildnet-keeper&force=true`, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "machine" },
    data,
  });
  // A cluster may have no portal, or none yet.
  if (status !== 404) told = JSON.stringify(data);
}

const APPLY = "application/apply-patch+yaml",
  MERGE = "application/merge-patch+json";

/** @param object what to apply, or to merge */
function ask(method, path, object, type = APPLY) {
  const pem = (file) => readFileSync(join(folder, "pki", file));
  return new Promise((settle, refuse) => {
    const call = request(
      new URL(path, server),
      {
        method,
        agent: false,
        timeout: 5000,
        headers: object === undefined ? {} : { "content-type": type },
        ca: pem("ca.crt"),
        cert: pem("user-keeper.crt"),
        key: pem("user-keeper.key"),
      },
      (response) => {
        let body = "";
        response
          .setEncoding("utf8")
          .on("data", (text) => (body += text))
          .on("error", refuse)
          .on("end", () => {
            const { statusCode: status } = response;
            if (status < 300 || status === 404) settle({ status, body });
            else refuse(new Error(`${method} ${path} was answered with ${status}: ${body.slice(0, 200)}`));
          });
      },
    );
    call.on("timeout", () => call.destroy(new Error("no answer within 5 s"))).on("error", refuse);
    call.end(object === undefined ? undefined : JSON.stringify(object));
  });
}

async function look() {
  await remove();
  const all = await volumes();
  for (const volume of all) await grow(volume);
  await tell(await warnings(all));
}

let complaint;
for (;;) {
  try {
    await look();
    complaint = undefined;
  } catch (error) {
    // It is asked again; the API server may be on its way.
    if (error.message !== complaint) console.log(error.message);
    complaint = error.message;
  }
  await wait(BETWEEN_LOOKS_MS);
}

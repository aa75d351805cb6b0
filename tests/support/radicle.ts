/** Real Radicle nodes as processes of this machine, on its loopback: a seed, and people with homes of their own. */
import { execa, type ResultPromise } from "execa";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, connect } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import waitFor from "p-wait-for";
import { localPlace } from "../../patches/local.ts";
import { said } from "../../patches/place.ts";
import type { Argv, Place, RunOptions } from "../../patches/place.ts";
import { programsOf } from "./programs.ts";

export interface RadicleNode {
  readonly name: string;
  readonly home: string;
  readonly place: Place;
  readonly nid: string;
  readonly socket: string;
  /** Starts the node, and waits until it takes commands. */
  start(): Promise<void>;
  /** Ends it at once, in the middle of whatever it does. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** Runs something as this one, in a folder of its home. @returns what it says */
  run(folder: string, argv: Argv, options?: RunOptions): Promise<string>;
}

/** Makes an identity and its node. @param seed who has everything; undefined makes the seed itself */
export async function radicleNode(
  folder: string,
  programs: string,
  name: string,
  seed?: RadicleSeed,
): Promise<RadicleNode> {
  const home = join(folder, name),
    radHome = join(home, ".radicle");
  mkdirSync(radHome, { recursive: true });
  const env = {
    PATH: `${programs}:${process.env["PATH"]}`,
    HOME: home,
    RAD_PASSPHRASE: `of ${name}`,
    SSH_AUTH_SOCK: undefined,
    GIT_CONFIG_GLOBAL: join(home, ".gitconfig"),
    GIT_CONFIG_NOSYSTEM: "1",
  };
  writeFileSync(
    env.GIT_CONFIG_GLOBAL,
    `[user]\n\tname = ${name}\n\temail = ${name}@example.org\n[init]\n\tdefaultBranch = main\n`,
  );
  const place = localPlace(radHome, env);
  await said(place, ["rad", "auth", "--alias", name]);
  const nid = (await said(place, ["rad", "self", "--did"])).trim().replace("did:key:", "");
  const port = seed === undefined ? await freePort() : undefined;
  const listen = port === undefined ? [] : [`127.0.0.1:${port}`];
  const others = seed === undefined ? [] : [seed.address];
  writeFileSync(
    join(radHome, "config.json"),
    JSON.stringify({
      preferredSeeds: others,
      cli: { hints: false },
      node: {
        alias: name,
        listen,
        externalAddresses: listen,
        connect: others,
        // Nobody else is looked for.
        peers: { type: "static" },
        seedingPolicy: seed === undefined ? { default: "allow", scope: "all" } : { default: "block" },
      },
    }),
  );
  const socket = join(radHome, "node", "control.sock");
  let node: ResultPromise<{ reject: false; all: true }> | undefined;
  const ended = async (signal: "SIGKILL" | "SIGTERM"): Promise<void> => {
    node?.kill(signal);
    await node;
    node = undefined;
  };
  return {
    name,
    home,
    place,
    nid,
    socket,
    async start() {
      const started = execa(join(programs, "radicle-node"), ["--force"], {
        env: { ...env, RAD_HOME: radHome },
        reject: false,
        all: true,
      });
      node = started;
      let words: string | undefined;
      void started.then(({ all }) => (words = all));
      await waitFor(async () => {
        if (words !== undefined) throw new Error(`radicle-node of ${name} ended:\n${words}`);
        return isListening(socket);
      });
    },
    kill: () => ended("SIGKILL"),
    stop: () => ended("SIGTERM"),
    async run(inside, argv, options) {
      const at = join(home, inside);
      mkdirSync(at, { recursive: true });
      return said(place, ["env", "--chdir", at, ...argv], options);
    },
  };
}

export interface RadicleSeed extends RadicleNode {
  /** As others connect to it. */
  readonly address: string;
}

export async function radicleSeed(folder: string, programs: string): Promise<RadicleSeed> {
  const node = await radicleNode(folder, programs, "seed");
  const {
    node: {
      listen: [listen],
    },
  } = JSON.parse(await said(node.place, ["rad", "config"])) as { node: { listen: string[] } };
  return { ...node, address: `${node.nid}@${listen}` };
}

/** Waits until a node is connected to the seed: what is announced before that goes nowhere. */
export async function connected(node: RadicleNode, seed: RadicleNode): Promise<void> {
  await waitFor(async () => {
    const answer = await asked(node.socket, { command: "sessions" });
    return answer.includes(seed.nid) && answer.includes('"connected"');
  });
}

async function isListening(socket: string): Promise<boolean> {
  return asked(socket, { command: "status" }).then(
    () => true,
    () => false,
  );
}

/** What a node answers to a command on its control socket. */
async function asked(path: string, command: object): Promise<string> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    socket.write(`${JSON.stringify(command)}\n`);
    // A node that ends meanwhile answers nothing.
    const [answer] = (await Promise.race([once(socket, "data"), once(socket, "close")])) as [Buffer | boolean];
    if (!Buffer.isBuffer(answer)) throw new Error(`the node at ${path} hung up without an answer`);
    return answer.toString();
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Brings Radicle's programs. @returns the folder they are in */
export async function radiclePrograms(folder: string): Promise<string> {
  await programsOf("guildnet.local/radicle-programs:0.25.1", ["rad", "radicle-node", "git-remote-rad"], folder);
  return folder;
}

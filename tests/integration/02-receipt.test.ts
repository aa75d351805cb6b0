import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { Receipt } from "../../cli/receipt/receipt.ts";
import { look, peopleChanged, podsChanged, volumesChanged } from "../support/changed.ts";
import {
  configure,
  guildnet,
  mustGuildnet,
  onePerson,
  ports,
  upWith,
  type GuildConfig,
  type WorkspaceConfig,
} from "../support/guildnet.ts";

const rounds = Number(process.env.GUILDNET_RECEIPT_ROUNDS ?? 4);
const seed = Number(process.env.GUILDNET_RECEIPT_SEED ?? Date.now() % 1_000_000);

/** An edit to a config; one that has nothing to do there leaves it as it is. */
type Edit = (guild: GuildConfig, round: number) => GuildConfig;

/** Whose home goes with her, so that the stack is left as it was. */
const temporary = (owner: string): WorkspaceConfig => ({ owner, preset: "small", keepData: false });

const workspaceOf =
  (owner: string, change: (workspace: WorkspaceConfig, round: number) => object): Edit =>
  (guild, round) => ({
    ...guild,
    workspaces: guild.workspaces.map((one) => (one.owner === owner ? { ...one, ...change(one, round) } : one)),
  });

const edits: Readonly<Record<string, Edit>> = {
  nothing: (guild) => guild,
  "ada's environment": workspaceOf("ada", (_ada, round) => ({ environment: { ROUND: String(round) } })),
  "ada's labels": workspaceOf("ada", (_ada, round) => ({ labels: { round: String(round) } })),
  "ada's internet": workspaceOf("ada", ({ internet = true }) => ({ internet: internet !== true })),
  "ada's ports": workspaceOf("ada", (_ada, round) => ({ ports: [{ name: "web", port: 3000 + round }] })),
  "ada's processors": workspaceOf("ada", (_ada, round) => ({ resources: { cpu: round % 2 === 0 ? "1" : "1500m" } })),
  "whether ada's home is kept": workspaceOf("ada", ({ keepData = true }) => ({ keepData: keepData !== true })),
  "grace's room": workspaceOf("grace", (_grace, round) => ({ storage: `${5 + round}Gi` })),
  "hedy comes or goes": (guild) => {
    const others = guild.workspaces.filter(({ owner }) => owner !== "hedy");
    const wasThere = others.length < guild.workspaces.length;
    return { ...guild, workspaces: wasThere ? others : [...others, temporary("hedy")] };
  },
  "grace's environment": workspaceOf("grace", (_grace, round) => ({ environment: { ROUND: String(round) } })),
  "the guild's name": (guild, round) => ({ ...guild, name: `Guild ${round}` }),
  "the portal's port": ({ portal, ...guild }) => ({
    ...guild,
    portal: {
      port:
        portal === undefined || !("port" in portal) || portal.port === ports.portal ? ports.portal + 8 : ports.portal,
    },
  }),
};

const drawn = fc.sample(fc.uniqueArray(fc.constantFrom(...Object.keys(edits)), { minLength: 1, maxLength: 3 }), {
  seed,
  numRuns: rounds,
});

afterAll(async () => {
  configure(onePerson);
  await mustGuildnet("up");
});

test(
  `of ${rounds} rounds of random edits a preview names the people, pods and volumes that change (seed ${seed})`,
  { timeout: rounds * 180_000 + 300_000 },
  async () => {
    let guild: GuildConfig = { workspaces: [...onePerson.workspaces, temporary("grace")] };
    await upWith(guild);
    for (const [index, names] of drawn.entries()) {
      const round = index + 1;
      guild = names.reduce((config, name) => edits[name]!(config, round), guild);
      configure(guild);
      const before = await look();
      const { exitCode, stdout, all } = await guildnet("preview", ["--json", "--detailed-exitcode"]);
      expect([0, 2], all).toContain(exitCode);
      const receipt = JSON.parse(stdout) as Receipt;
      await mustGuildnet("up");
      const after = await look();
      const why = `seed ${seed}, round ${round}: ${names.join(", ")}\n${JSON.stringify(receipt, undefined, 1)}`;
      expect(exitCode === 0, why).toBe(receipt.isUnchanged);
      expect(touched(receipt), why).toEqual(peopleChanged(before, after));
      expect(podsNamed(receipt), why).toEqual(podsChanged(before, after));
      expect(volumesNamed(receipt), why).toEqual(volumesChanged(before, after));
    }
    console.info(`seed ${seed}: ${drawn.map((names) => names.join(", ")).join("; ")}`);
  },
);

function touched({ people }: Receipt): string[] {
  return people.filter(({ effect }) => effect !== "untouched").map(({ handle }) => handle);
}

/** "namespace/program", as every program's Deployment is called in a guild of this size. */
function podsNamed({ people, systems }: Receipt): string[] {
  return [
    ...people.flatMap(({ places }) =>
      places.flatMap(({ namespace, pods }) => pods.map(({ name }) => `${namespace}/${name}`)),
    ),
    ...systems.flatMap(({ component, pods }) => pods.map(({ name }) => `guildnet-${component.toLowerCase()}/${name}`)),
  ].sort();
}

function volumesNamed({ people }: Receipt): string[] {
  return people
    .flatMap(({ places }) =>
      places.flatMap(({ namespace, volumes }) =>
        volumes.filter(({ effect }) => effect !== "untouched").map(({ name }) => `${namespace}/${name}`),
      ),
    )
    .sort();
}

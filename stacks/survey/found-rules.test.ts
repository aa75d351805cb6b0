import { describe, expect, test } from "vitest";
import { parseGuild } from "../check/parse.ts";
import { keepingSizes } from "../systems/workspaces/keeping-sizes.ts";
import { foundMistakes, roomMistakes } from "./found-rules.ts";
import type { Found, FoundPlace } from "./found.ts";

const config = (raw: object) => parseGuild(raw, { kubeconfig: false });
const place = (owner: string | undefined, claims: Record<string, string>, folder?: string): FoundPlace => ({
  owner,
  folder,
  claims: new Map(Object.entries(claims).map(([name, size]) => [name, { size, className: "local-path" }])),
});
const found = (places: Record<string, FoundPlace>): Found => new Map(Object.entries(places));
const app = {
  name: "wiki",
  owner: "bob",
  image: "example.org/wiki:1",
  port: 3000,
  storage: { size: "1Gi", path: "/data" },
};

describe("what somebody else left under a name", () => {
  const kept = found({ "ws-lab": place("ada", { home: "10Gi" }), "app-wiki": place("ada", { data: "1Gi" }) });

  test("is refused to whoever takes the name, with both people and every way on", () => {
    const [home, data, ...more] = foundMistakes(
      config({ workspaces: [{ owner: "bob" }, { owner: "bob", name: "lab" }], apps: [app] }),
      kept,
    );
    expect(home).toMatchObject({
      key: "workspaces[1].owner",
      found: '"bob"',
      allowed: expect.stringContaining('ada, whose home was kept under the name "lab"'),
    });
    expect(home?.fix).toMatch(/another name.*takeOverFrom: ada.*keepData: false/);
    expect(data).toMatchObject({ key: "apps[0].owner", allowed: expect.stringContaining("ada, whose data was kept") });
    expect(more).toEqual([]);
  });

  test("is its owner's again, and another's only where the config says from whom", () => {
    for (const workspace of [
      { owner: "ada", name: "lab" },
      { owner: "bob", name: "lab", takeOverFrom: "ada" },
    ])
      expect(foundMistakes(config({ workspaces: [workspace] }), kept)).toEqual([]);
    expect(
      foundMistakes(config({ workspaces: [{ owner: "bob", name: "lab", takeOverFrom: "eve" }] }), kept),
    ).toHaveLength(1);
    expect(foundMistakes(config({ apps: [{ ...app, takeOverFrom: "ada" }] }), kept)).toEqual([]);
  });

  test("is named by its folder where no cluster has it any more", () => {
    const [mistake] = foundMistakes(
      config({ workspaces: [{ owner: "bob", name: "lab" }] }),
      found({ "ws-lab": place("ada", {}, "/volumes/ws-lab") }),
    );
    expect(mistake?.fix).toContain("delete /volumes/ws-lab");
  });

  test("stands in nobody's way where there is nothing of it", () => {
    expect(
      foundMistakes(config({ workspaces: [{ owner: "bob", name: "lab" }] }), found({ "ws-lab": place("ada", {}) })),
    ).toEqual([]);
    expect(
      foundMistakes(
        config({ apps: [{ ...app, storage: undefined }] }),
        found({ "app-wiki": place("ada", { data: "1Gi" }) }),
      ),
    ).toEqual([]);
  });
});

describe("volumes that set their size aside", () => {
  const GIB = 2 ** 30,
    nothing = () => 0;
  const reserved = config({
    cluster: { kind: "embedded", volumeSizes: "reserved" },
    quota: { storage: "100Gi" },
    workspaces: [{ owner: "ada" }, { owner: "bob", storage: "60Gi" }],
    apps: [app],
  });

  test("are told of before anything is made where the disk has no room for them, with what they take", () => {
    const [mistake, ...more] = roomMistakes(reserved, { free: 60 * GIB, had: nothing });
    expect(mistake).toMatchObject({
      key: "cluster.volumeSizes",
      found: '"reserved"',
      allowed: expect.stringMatching(/they take 73\.6 GiB .*60\.0 GiB are free.*2\.0 GiB/),
    });
    expect(more).toEqual([]);
    expect(roomMistakes(reserved, { free: 76 * GIB, had: nothing })).toEqual([]);
  });

  test("take only what they grow by where they are there, and nothing where they are folders", () => {
    const files = (namespace: string) => ({ "ws-ada": 10.5, "ws-bob": 52 })[namespace] ?? 0;
    const had = (namespace: string) => files(namespace) * GIB;
    expect(roomMistakes(reserved, { free: 14 * GIB, had })).toEqual([]);
    expect(roomMistakes(reserved, { free: 12 * GIB, had })).toHaveLength(1);
    expect(
      roomMistakes(reserved, { free: 4 * GIB, had: (namespace) => (namespace === "app-wiki" ? 0 : Infinity) }),
    ).toEqual([]);
    expect(roomMistakes(config({ workspaces: [{ owner: "ada" }] }), { free: 0, had: nothing })).toEqual([]);
  });
});

describe("a volume that would shrink", () => {
  const grown = found({
    "ws-ada": place("ada", { home: "50Gi" }),
    "app-wiki": place("bob", { data: "5Gi" }),
    "guildnet-registry": place(undefined, { data: "40Gi" }),
    "guildnet-backup": place(undefined, { "backup-server": "100Gi" }),
    "guildnet-mesh": place(undefined, { headscale: "2Gi" }),
  });

  test("is told by its key, with the size that it has", () => {
    const mistakes = foundMistakes(
      config({
        workspaces: [{ owner: "ada", storage: "20Gi" }],
        apps: [app],
        registry: {},
        backup: {},
        mesh: { kind: "headscale" },
      }),
      grown,
    );
    expect(mistakes.map(({ key, found: value, fix }) => [key, value, fix])).toEqual([
      ["workspaces[0].storage", '"20Gi"', "write 50Gi"],
      ["apps[0].storage.size", '"1Gi"', "write 5Gi"],
      ["registry.storage", '"20Gi"', "write 40Gi"],
      ["mesh.storage", '"1Gi"', "write 2Gi"],
      ["backup.target.storage", '"50Gi"', "write 100Gi"],
    ]);
    expect(mistakes[0]?.allowed).toContain("can grow, not shrink");
  });

  test("of a preset keeps its size, which is told, while all else of the preset changes", () => {
    const small = config({ workspaces: [{ owner: "ada", preset: "small" }, { owner: "eve" }] });
    expect(foundMistakes(small, grown)).toEqual([]);
    const { config: applied, notes } = keepingSizes(small, grown);
    expect(applied.workspaces).toMatchObject([{ preset: "small", storage: "50Gi" }, small.workspaces[1]]);
    expect(notes).toEqual([expect.stringMatching(/home of ada keeps its 50Gi.*5Gi of the preset "small"/)]);
  });

  test("may grow, and stay as it is", () => {
    const more = config({
      quota: { storage: "60Gi" },
      workspaces: [{ owner: "ada", storage: "60Gi" }],
      registry: { storage: "40Gi" },
    });
    expect(foundMistakes(more, grown)).toEqual([]);
    expect(keepingSizes(more, grown)).toEqual({ config: more, notes: [] });
  });
});

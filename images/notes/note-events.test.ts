import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { SharedVault } from "./editing/shared-vault.ts";
import { memberAuthor } from "./git/author.ts";
import type { Repository } from "./git/repository.ts";
import { beginTelling, NoteEvents } from "./note-events.ts";
import { bareRemote, Clone } from "./testing/remote.ts";
import { scratchFolder } from "./testing/scratch.ts";

const ada = memberAuthor("ada");
const KEY = Buffer.alloc(32, 3);

interface Said {
  readonly audience: string;
  readonly data: { readonly path: string; readonly by: string; readonly change: string; readonly vault: string };
  readonly id: string;
}

/** A bus that takes each id once, and may be away. */
class Bus {
  readonly kept: Said[] = [];
  away = false;
  /** As many more are taken before it goes away. */
  left = Infinity;

  readonly say = (audience: string, _type: string, data: unknown, id: string): Promise<void> => {
    if (this.away || this.left-- <= 0) return Promise.reject(new Error("the bus is away"));
    if (!this.kept.some((one) => one.id === id)) this.kept.push({ audience, data: data as Said["data"], id });
    return Promise.resolve();
  };

  get lines(): string[] {
    return this.kept.map(({ data: { path, by, change } }) => `${by} ${change} ${path}`);
  }
}

async function place(vault = "guild") {
  const base = await scratchFolder(),
    remote = await bareRemote();
  /** @param bus none is there before there is one in the guild */
  const open = async (bus?: Bus, troubles: unknown[] = []) => {
    const onTrouble = (_vault: string, error: unknown): void => void troubles.push(error);
    const events = bus && new NoteEvents({ say: bus.say as never, key: KEY, onTrouble, againMs: 20 });
    const shared = await SharedVault.open({
      ...{ folder: join(base, "vault"), stateFolder: join(base, "state"), remote },
      // Tests say themselves when it is time.
      ...{ quietMs: 3_600_000, longestMs: 3_600_000 },
      ...(events && {
        onOpen: beginTelling,
        onHistory: (repository: Repository) => events.lookAt(vault, repository),
      }),
    });
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => (closing ??= shared.close().then(() => events?.close()));
    onTestFinished(close);
    return { shared, close };
  };
  return { open, remote };
}

test("each change of a note is said once, in order, by whom git has it of, and what is no note is not", async () => {
  const { open, remote } = await place();
  const bus = new Bus();
  const { shared } = await open(bus);
  await shared.create("Roof.md", "# Roof\n", ada);
  await shared.write("Roof.md", "# Roof\n\nSlates\n", ada);
  await shared.rename("Roof.md", "house/Roof.md", ada);
  const clone = await Clone.of(remote);
  await clone.push({ "Barn.md": "# Barn\n", "plan.pdf": "no note", "häuser/Über.md": "# Ü\n" });
  await shared.sync();
  await shared.remove("house/Roof.md", ada);
  const all = [
    "ada created Roof.md",
    "ada changed Roof.md",
    "ada removed Roof.md",
    "ada created house/Roof.md",
    "linus created Barn.md",
    "linus created häuser/Über.md",
    "ada removed house/Roof.md",
  ];
  await vi.waitFor(() => expect(bus.lines.toSorted()).toEqual(all.toSorted()), 20_000);
  expect(bus.lines[0]).toBe(all[0]);
  expect(bus.lines.at(-1)).toBe(all.at(-1));
  expect(new Set(bus.kept.map(({ audience, data }) => `${audience} ${data.vault}`))).toEqual(new Set(["guild guild"]));
});

test("a person's own are told to that person alone", async () => {
  const { open } = await place("~ada");
  const bus = new Bus();
  const { shared } = await open(bus);
  await shared.create("Diary.md", "# Diary\n", ada);
  await vi.waitFor(() => expect(bus.kept).toHaveLength(1), 20_000);
  expect(bus.kept[0]).toMatchObject({ audience: "@ada", data: { vault: "~ada", path: "Diary.md" } });
});

test("what a bus that was away has missed is said when it is back, and what it had of it is not said twice", async () => {
  const { open } = await place();
  const bus = new Bus(),
    troubles: unknown[] = [];
  bus.left = 1;
  const { shared } = await open(bus, troubles);
  for (const name of ["One", "Two", "Three"]) await shared.create(`${name}.md`, `# ${name}\n`, ada);
  await vi.waitFor(() => expect(troubles.length).toBeGreaterThan(0), 20_000);
  expect(bus.lines).toEqual(["ada created One.md"]);
  bus.left = Infinity;
  await vi.waitFor(
    () => expect(bus.lines).toEqual(["ada created One.md", "ada created Two.md", "ada created Three.md"]),
    20_000,
  );
});

test("a server that ends before it could say it says it at its next start, once", async () => {
  const { open } = await place();
  const bus = new Bus();
  bus.left = 1;
  const first = await open(bus);
  for (const name of ["One", "Two"]) await first.shared.create(`${name}.md`, `# ${name}\n`, ada);
  await vi.waitFor(() => expect(bus.lines).toHaveLength(1), 20_000);
  await first.close();
  bus.left = Infinity;
  await open(bus);
  await vi.waitFor(() => expect(bus.lines).toEqual(["ada created One.md", "ada created Two.md"]), 20_000);
});

test("a vault from before there was a bus has nothing new in its history, and its next change is news", async () => {
  const { open } = await place();
  const before = await open();
  await before.shared.create("Old.md", "# Old\n", ada);
  await before.close();
  const bus = new Bus();
  const { shared } = await open(bus);
  await shared.create("New.md", "# New\n", ada);
  await vi.waitFor(() => expect(bus.lines).toEqual(["ada created New.md"]), 20_000);
});

test("of a commit with very many notes the first hundred are told", async () => {
  const { open, remote } = await place();
  const clone = await Clone.of(remote);
  const files = Array.from({ length: 130 }, (_, number) => [`n/${String(number).padStart(3, "0")}.md`, "# N\n"]);
  await clone.push(Object.fromEntries(files) as Record<string, string>);
  const bus = new Bus();
  const { shared } = await open(bus);
  await shared.sync();
  await shared.create("After.md", "# After\n", ada);
  await vi.waitFor(() => expect(bus.lines.at(-1)).toBe("ada created After.md"), 20_000);
  expect(bus.lines).toHaveLength(101);
});

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { guildSchema } from "../stacks/schema.ts";
import { systems } from "../stacks/systems.ts";

// What a stranger reads leads somewhere: its links, the paths it names, and the commands.

const root = join(import.meta.dirname, "..");
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  ...readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file)),
].sort();
const text = (page: string): string => readFileSync(join(root, page), "utf8");
/** What stands in code blocks is no heading and no link. */
const prose = (page: string): string => text(page).replace(/^```.*?^```/gms, "");

interface Link {
  readonly page: string;
  readonly target: string;
  readonly anchor: string | undefined;
}

/** Links to files of this project, from its root. */
function linksOf(page: string): Link[] {
  return [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, to = ""]) => to)
    .filter((to) => !/^[a-z]+:/.test(to))
    .map((to) => {
      const [path = "", anchor] = to.split("#", 2);
      return { page, target: path === "" ? page : normalize(join(dirname(page), path)), anchor };
    });
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): string[] {
  return [...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

const links = pages.flatMap(linksOf);

test("every link leads to a file", () => {
  expect(links.length).toBeGreaterThan(50);
  expect(
    links.filter(({ target }) => !existsSync(join(root, target))).map(({ page, target }) => `${page}: ${target}`),
  ).toEqual([]);
});

test("every link into a page leads to a heading of it", () => {
  const wrong = links.filter(({ target, anchor }) => anchor !== undefined && !anchorsOf(target).includes(anchor));
  expect(wrong.map(({ page, target, anchor }) => `${page}: ${target}#${anchor}`)).toEqual([]);
});

test("every page is found from the README", () => {
  const found = new Set(["README.md"]);
  for (const page of found) for (const { target } of linksOf(page)) if (pages.includes(target)) found.add(target);
  expect(pages.filter((page) => !found.has(page))).toEqual([]);
});

test("every path that is named is there", () => {
  const folders =
    /^(\.ci|benchmarks|cli|components|docs|engine|examples|images|policy|provider|stacks|tests|toolchain)\/[\w./-]*$/;
  const named = pages.flatMap((page) =>
    [...text(page).matchAll(/`([^`\s]+)`/g)]
      .map(([, path = ""]) => ({ page, path }))
      .filter(({ path }) => folders.test(path)),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ path }) => !existsSync(join(root, path))).map(({ page, path }) => `${page}: ${path}`)).toEqual(
    [],
  );
});

test("every npm script that is named is one", () => {
  const { scripts } = JSON.parse(text("package.json")) as { scripts: Record<string, string> };
  const named = pages.flatMap((page) =>
    [...text(page).matchAll(/\bnpm run ([a-z][\w:-]*)/g)].map(([, script = ""]) => `${page}: ${script}`),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((each) => !Object.hasOwn(scripts, each.split(": ")[1] ?? ""))).toEqual([]);
});

test("every key of the config and every secret has its row", () => {
  const config = text("docs/config.md");
  const rows = [...config.matchAll(/^\| ((?:`[^`]+` ?)+)\|/gm)].flatMap(([, keys = ""]) =>
    [...keys.matchAll(/`([^`]+)`/g)].map(([, key = ""]) => key),
  );
  const first = (key: string): string => /^[^.[]+/.exec(key)?.[0] ?? "";
  expect(Object.keys(systems.keys).filter((key) => !rows.map(first).includes(key))).toEqual([]);
  expect(systems.secrets.map((secret) => `guildnet:${secret}`).filter((key) => !rows.includes(key))).toEqual([]);
});

test("every piece of config that is shown has the config's shape", () => {
  const blocks = pages.flatMap((page) =>
    [...text(page).matchAll(/^```yaml\n(.*?)^```/gms)].map(([, yaml = ""]) => ({
      page,
      value: parse(yaml) as Record<string, unknown>,
    })),
  );
  const configs = blocks
    .filter(({ value }) => !("plugins" in value))
    .map(({ page, value }) => ({
      page,
      guild: (value["config"] as Record<string, unknown> | undefined)?.["guildnet:guild"] ?? value,
    }));
  expect(configs.length).toBeGreaterThan(8);
  expect(
    configs.flatMap(({ page, guild }) =>
      (guildSchema.safeParse(guild).error?.issues ?? []).map(
        ({ path, message }) => `${page}: ${path.join(".")}: ${message}`,
      ),
    ),
  ).toEqual([]);
});

test("every example is named", () => {
  const named = linksOf("docs/components.md").map(({ target }) => target);
  expect(
    readdirSync(join(root, "examples")).filter(
      (example) =>
        existsSync(join(root, "examples", example, "Pulumi.yaml")) && !named.includes(`examples/${example}/index.ts`),
    ),
  ).toEqual([]);
});

test("a stack of one's own is told to install the versions that the engine has", () => {
  const { dependencies } = JSON.parse(text("package.json")) as { dependencies: Record<string, string> };
  const told = [...text("docs/components.md").matchAll(/(@pulumi\/\w+)@(\d[\d.]*)/g)].map(([, name = "", version]) => [
    name,
    version,
  ]);
  expect(told.map(([name]) => name)).toEqual(["@pulumi/pulumi", "@pulumi/kubernetes"]);
  expect(told.filter(([name = "", version]) => dependencies[name] !== version)).toEqual([]);
});

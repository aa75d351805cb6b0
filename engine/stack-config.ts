import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isMap, parseDocument, type Document } from "yaml";
import { writeFileAtomic } from "../toolchain/atomic-file.ts";
import { UserError } from "../toolchain/errors.ts";
import type { Home } from "../toolchain/home.ts";
import type { Project } from "./project.ts";
import { projectName } from "./state-folder.ts";

/** Keys by which a stack file says how its secrets are encrypted. */
const SECRETS_KEYS = ["encryptionsalt", "secretsprovider", "encryptedkey"] as const;

/** Closest to how people write YAML: `[a, b]`, long lines left long. */
const AS_WRITTEN = { flowCollectionPadding: false, lineWidth: 0 } as const;

/** The stack's settings as one run of the engine uses them. */
export interface StackConfig {
  /** For `--config-file`; undefined when the checkout's own file is used as it is, which the engine finds by itself. */
  readonly file?: string;
  /** The file that says how the stack's secrets are encrypted, and the salt of a passphrase if that is how. */
  readonly secrets: { readonly file: string; readonly salt?: string };
  /** Takes over into the checkout what the engine has changed in the file (`config set`). */
  writeBack(): void;
}

/** `Pulumi.<stack>.yaml`; of `organisation/project/stack` the last part counts, as for Pulumi. */
export function stackFileName(stack: string): string {
  return `Pulumi.${stack.split("/").pop()}.yaml`;
}

/** Where the stack's file is, or would be. */
export function stackFile({ root, stackFiles = root }: Project, stack: string): string {
  return join(stackFiles, stackFileName(stack));
}

/** The stack's config as its file has it, by full keys; nothing where there is no file, or none that can be read as one, of which others complain. */
export function stackSettings(project: Project, stack: string): Record<string, unknown> {
  const settings = parseDocument(readIfThere(stackFile(project, stack)));
  return settings.errors.length > 0 ? {} : asRecord(asRecord(settings.toJS()).config);
}

/**
 * Whoever misspells a stack's name, or forgets GUILDNET_STACK_FILES, would have everybody's defaults applied in its place.
 * @throws UserError `stack-file-missing`
 */
export function assertHasFile(project: Project, stack: string): void {
  const file = stackFile(project, stack);
  if (existsSync(file)) return;
  const given = project.stackFiles;
  const where =
    given === undefined
      ? "GUILDNET_STACK_FILES names the folder of such files where it is not the checkout"
      : `GUILDNET_STACK_FILES is ${given}`;
  throw new UserError(
    "stack-file-missing",
    `The stack ${stack} has no config: there is no ${file}. ${where}. Nothing was changed. For a stack with all defaults, make the file with the line \`config: {}\`.`,
  );
}

/**
 * The one name of a stack whose state is in our folder: it may be written `organization/<project>/<stack>`, and is the same stack.
 * @throws UserError `stack-name`
 */
export function ownName(project: string, stack: string): string {
  const [name = "", ...before] = stack.split("/").reverse();
  if (/^[\w.-]{1,100}$/.test(name) && (before.length === 0 || before.join("/") === `${project}/organization`))
    return name;
  throw new UserError(
    "stack-name",
    `A stack can't be called ${JSON.stringify(stack)}: its name is up to 100 letters, digits, "-", "_" and ".", and may have organization/${project}/ before it. Nothing was changed.`,
  );
}

/** The folder for what belongs to one stack but not into its project's folder. */
export function stackFolder(home: Home, project: string, stack: string): string {
  return join(home.stacks, project, stack.replaceAll("/", "_"));
}

/**
 * The engine writes the salt of our passphrase into the stack file, and the checkout must stay clean. So it
 * works on a copy below GUILDNET_HOME: the checkout's settings and the salt, made anew on every run.
 * A stack file that has its own secrets settings is its owner's choice and is used as it is.
 * @param saltOfState for when the copy was lost: without any, the engine would take the journal's keeper for that of the secrets, too
 */
export function prepareStackConfig(project: Project, home: Home, stack: string, saltOfState?: string): StackConfig {
  const source = stackFile(project, stack);
  const text = readIfThere(source);
  const settings = parse(text, source);
  // Where the file is not in the checkout the engine would look there, find nothing, and apply everybody's defaults.
  const elsewhere = resolve(source) === resolve(project.root, stackFileName(stack)) ? undefined : resolve(source);
  if (SECRETS_KEYS.some((key) => settings.has(key)))
    return { file: elsewhere, secrets: { file: source, salt: saltOf(settings) }, writeBack: () => {} };

  const file = join(stackFolder(home, projectName(project.root), stack), stackFileName(stack));
  const previous = parse(readIfThere(file), file);
  if (saltOfState !== undefined && !SECRETS_KEYS.some((key) => previous.has(key)))
    setIn(previous, ["encryptionsalt"], saltOfState);
  writeFileAtomic(file, mergeSecretsSettings(settings, previous));
  return {
    file,
    secrets: { file, salt: saltOf(previous) },
    writeBack() {
      const changed = applyChanges(text, readFileSync(file, "utf8"));
      if (changed !== text) writeFileAtomic(source, changed);
    },
  };
}

function saltOf(settings: Document): string | undefined {
  const salt = settings.get("encryptionsalt");
  return typeof salt === "string" ? salt : undefined;
}

/** The checkout's settings with the salt of the last run's copy. */
function mergeSecretsSettings(settings: Document, previous: Document): string {
  const merged = settings.clone();
  for (const key of SECRETS_KEYS) {
    if (previous.has(key)) merged.set(key, previous.get(key));
  }
  return merged.contents === null ? "" : merged.toString(AS_WRITTEN);
}

/**
 * The checkout's file after the engine changed its copy: the same settings, with the file's own comments
 * and order. The salt comes along only with a secret, which nobody could read without it.
 * @param source text of the checkout's file, empty when there is none
 * @param copy text of the engine's copy
 */
export function applyChanges(source: string, copy: string): string {
  const document = parseDocument(source);
  const before = asRecord(document.toJS());
  const after = asRecord(parseDocument(copy).toJS());
  const withSalt = hasSecret(after.config);
  for (const key of SECRETS_KEYS) {
    if (!withSalt) delete after[key];
  }
  const changed = [
    setChanges(document, [], omit(before, "config"), omit(after, "config")),
    setChanges(document, ["config"], asRecord(before.config), asRecord(after.config)),
  ];
  return changed.includes(true) ? document.toString(AS_WRITTEN) : source;
}

function setChanges(
  document: Document,
  path: readonly string[],
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): boolean {
  let changed = false;
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (JSON.stringify(before[key]) === JSON.stringify(after[key])) continue;
    changed = true;
    if (key in after) setIn(document, [...path, key], after[key]);
    else document.deleteIn([...path, key]);
  }
  return changed;
}

function setIn(document: Document, path: readonly string[], value: unknown): void {
  if (!isMap(document.contents)) document.contents = document.createNode({});
  document.setIn(path, value);
}

/** Whether some value is `{ secure: … }`, at any depth. */
function hasSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, inner]) => key === "secure" || hasSecret(inner));
}

function parse(text: string, file: string): Document {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw new UserError("stack-file-invalid", `${file} is not valid YAML: ${error.message}`);
  return document;
}

function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function omit(record: Record<string, unknown>, key: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

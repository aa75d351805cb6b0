import { readdirSync, readFileSync, type Dirent } from "node:fs";
import { dirname, join } from "node:path";

/** A Pulumi package that a program depends on, and so the plugin the engine needs. */
export interface RequiredPackage {
  readonly name: string;
  readonly version: string;
  readonly server?: string;
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly pulumi?: {
    readonly resource?: boolean;
    readonly name?: string;
    readonly version?: string;
    readonly server?: string;
  };
}

/**
 * The Pulumi packages in the `node_modules` that the program resolves from: its own folder's and those
 * above it (a workspace hoists). Nested copies are left out; a program can't import them.
 */
export function requiredPackages(programDirectory: string): RequiredPackage[] {
  const found = new Map<string, RequiredPackage>();
  for (let folder = programDirectory; ; folder = dirname(folder)) {
    for (const path of installed(join(folder, "node_modules"))) {
      const required = readPackage(join(path, "package.json"));
      if (required !== undefined && !found.has(required.name)) found.set(required.name, required);
    }
    if (folder === dirname(folder)) return [...found.values()];
  }
}

function installed(modules: string): string[] {
  return entries(modules)
    .filter(({ name }) => !name.startsWith("."))
    .flatMap(({ name }) => {
      const path = join(modules, name);
      return name.startsWith("@") ? entries(path).map((inner) => join(path, inner.name)) : [path];
    });
}

function entries(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function readPackage(file: string): RequiredPackage | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  // Most of several hundred packages are not Pulumi's: skip the parse.
  return text.includes('"pulumi"') ? packageFromManifest(JSON.parse(text) as Manifest) : undefined;
}

/** The plugin a package.json asks for; `undefined` when the package has none. Names and versions as the official host derives them. */
export function packageFromManifest(manifest: Manifest): RequiredPackage | undefined {
  const { pulumi } = manifest;
  if (pulumi?.resource !== true) return undefined;
  const name =
    pulumi.name ?? (manifest.name?.startsWith("@pulumi/") ? manifest.name.slice("@pulumi/".length) : undefined);
  const version = pulumi.version ?? manifest.version;
  if (name === undefined || version === undefined) return undefined;
  return { name, version: version.startsWith("v") ? version : `v${version}`, server: pulumi.server };
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ENOTDIR";
}

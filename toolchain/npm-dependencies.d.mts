/** Types of npm-dependencies.mjs, which has to run without a compiler. */
export interface InstallOptions {
  readonly say?: (line: string) => void;
  readonly command?: readonly string[];
}
export function installDependencies(root: string, home: string, options?: InstallOptions): Promise<void>;
export function isInstalled(root: string): boolean;

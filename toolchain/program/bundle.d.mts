/** Types of bundle.mjs, which runs before anything can be compiled. */
export function bundleOf(folder: string, entry: string, options?: { split?: boolean }): Promise<string>;

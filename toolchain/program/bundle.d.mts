/** Types of bundle.mjs, which runs before anything can be compiled. */
export function programBundle(folder: string, entry: string): Promise<string>;

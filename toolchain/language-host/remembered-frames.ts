import { interceptLoading } from "./commonjs.ts";

/** Formats an error's stack: V8's hook, which `source-map-support` sets so that frames name the sources. */
export type PrepareStackTrace = (error: Error, frames: NodeJS.CallSite[]) => string;

/**
 * Maps each position once. The SDK looks at the stack of every resource and of every promise it makes, a dozen of
 * frames each and mostly the same ones; to map them all anew is a third of a program's processor time.
 */
export function rememberFrames(prepare: PrepareStackTrace): PrepareStackTrace {
  const mapped = new Map<string, string>();
  /** A line of the stack, its line break first. */
  const lineOf = (frame: NodeJS.CallSite): string => {
    const position = `${frame.getScriptNameOrSourceURL()}:${frame.getLineNumber()}:${frame.getColumnNumber()}`;
    let line = mapped.get(position);
    if (line === undefined) {
      const alone = prepare(nobody, [frame]);
      line = alone.slice(alone.indexOf("\n"));
      mapped.set(position, line);
    }
    return line;
  };
  return (error, frames) => prepare(error, []) + frames.map(lineOf).join("");
}

const nobody = Object.assign(new Error(), { name: "", message: "" });

interceptLoading((load) => (request, ...rest) => {
  const loaded = load(request, ...rest);
  if (request === "source-map-support/register" && Error.prepareStackTrace !== undefined)
    Error.prepareStackTrace = rememberFrames(Error.prepareStackTrace as PrepareStackTrace);
  return loaded;
});

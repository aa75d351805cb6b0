const MEBIBYTE = 2 ** 20;
const GIGABYTE = 1e9;

/** What the server itself takes, and each model beside its weights and what it remembers of a conversation. */
const BESIDE = 384 * MEBIBYTE;
/** Memory is given in steps of so much. */
const STEP = 256 * MEBIBYTE;

/** What is known of a model before it is there. */
export interface KnownModel {
  /** Of its weights, bytes, as Ollama's library lists them. */
  readonly bytes: number;
  /** What it remembers for each token of a conversation, bytes: layers × heads of keys and values × their size × 2 × 2 bytes. */
  readonly perToken: number;
  /** What it was trained for, tokens. */
  readonly longest: number;
  readonly tools: boolean;
}

const kibibytes = (count: number): number => count * 1024;
const gigabytes = (count: number): number => count * GIGABYTE;

/** Some of Ollama's library (https://ollama.com/library), by its names; sizes are rounded as they are there. */
const KNOWN: Readonly<Record<string, KnownModel>> = {
  "smollm2:135m": { bytes: 98_362_432, perToken: kibibytes(22.5), longest: 8192, tools: true },
  "llama3.2:3b": { bytes: gigabytes(2), perToken: kibibytes(112), longest: 131_072, tools: true },
  "qwen3:4b": { bytes: gigabytes(2.5), perToken: kibibytes(144), longest: 262_144, tools: true },
  "qwen3:8b": { bytes: gigabytes(5.2), perToken: kibibytes(144), longest: 40_960, tools: true },
  "gpt-oss:20b": { bytes: gigabytes(14), perToken: kibibytes(48), longest: 131_072, tools: true },
  "devstral:24b": { bytes: gigabytes(14), perToken: kibibytes(160), longest: 131_072, tools: true },
  "qwen3-coder:30b": { bytes: gigabytes(19), perToken: kibibytes(96), longest: 262_144, tools: true },
};

/** Undefined for a model that has to be told of. */
export function knownModel(name: string): KnownModel | undefined {
  return Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined;
}

export const knownModels: readonly string[] = Object.keys(KNOWN);

/** Memory that a server takes while it has the model loaded, bytes. */
export function memoryOf({ bytes, perToken }: Pick<KnownModel, "bytes" | "perToken">, contextWindow: number): number {
  return Math.ceil((bytes + perToken * contextWindow + BESIDE) / STEP) * STEP;
}

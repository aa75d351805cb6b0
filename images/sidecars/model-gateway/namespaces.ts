/** What is said in JSON: a question, an answer, an event. */
type Content = Record<string, unknown>;

/** One function of a group, as newer programs call it. */
interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** A question without groups of functions, and how calls in the answer are given back the group that they are of. */
export interface Ungrouped {
  readonly content: Content;
  /** Undefined where there was no group. @returns undefined where there is nothing to change */
  readonly restore: ((answer: Content) => Content | undefined) | undefined;
}

/**
 * Codex says its servers of tools (MCP) as groups of functions, `type: "namespace"`, and knows a call by group and name. Servers
 * of the older words leave out what is no function, so that a model never hears of them, or call it by a name that Codex doesn't
 * know. So they are functions of one name each there, `<group>__<name>`, in what was called before as well.
 * https://github.com/openai/codex/issues/23186
 */
export function ungrouped(content: Content): Ungrouped {
  const { tools, input } = content;
  if (!Array.isArray(tools) || !tools.some(isGroup)) return { content, restore: undefined };
  const free = freeNames(tools.flatMap((tool) => (isObject(tool) && !isGroup(tool) ? [tool["name"]] : [])));
  const names = new Map<string, Named>();
  const flat = tools.flatMap((tool: unknown) => {
    if (!isGroup(tool)) return [tool];
    return tool.tools.filter(isFunction).map((member) => {
      const name = free(`${tool.name}__${member.name}`);
      names.set(name, { namespace: tool.name, name: member.name });
      return { ...member, name };
    });
  });
  const flatName = new Map([...names].map(([name, of]) => [`${of.namespace} ${of.name}`, name]));
  const before = Array.isArray(input) ? { input: input.map((item: unknown) => flatCall(item, flatName)) } : {};
  return { content: { ...content, ...before, tools: flat }, restore: (answer) => restored(answer, names) };
}

function flatCall(item: unknown, names: ReadonlyMap<string, string>): unknown {
  if (!isObject(item) || item["type"] !== "function_call" || typeof item["namespace"] !== "string") return item;
  const { namespace, ...call } = item;
  // Of a tool that is there no more the model may know by what name it would have been called.
  return { ...call, name: names.get(`${namespace} ${call["name"]}`) ?? `${namespace}__${call["name"]}` };
}

/** In an answer, in an event that brings a part of it, and in one that brings the whole. */
function restored(answer: Content, names: ReadonlyMap<string, Named>): Content | undefined {
  const { item, output, response } = answer;
  const call = callOf(item, names);
  if (call !== undefined) return { ...answer, item: call };
  if (isObject(response)) {
    const inside = restored(response, names);
    return inside && { ...answer, response: inside };
  }
  if (!Array.isArray(output)) return undefined;
  const calls = output.map((each: unknown) => callOf(each, names) ?? each);
  return calls.some((each, index) => each !== output[index]) ? { ...answer, output: calls } : undefined;
}

function callOf(item: unknown, names: ReadonlyMap<string, Named>): Content | undefined {
  if (!isObject(item) || item["type"] !== "function_call") return undefined;
  const named = names.get(String(item["name"]));
  return named && { ...item, ...named };
}

/** @returns gives a name that nothing else of the question has, and takes it; as fast where thousands are the same */
function freeNames(others: readonly unknown[]): (name: string) => string {
  const taken = new Set(others),
    tried = new Map<string, number>();
  return (name) => {
    let found = name;
    for (let number = tried.get(name) ?? 2; taken.has(found); number++) {
      found = `${name}_${number}`;
      tried.set(name, number + 1);
    }
    taken.add(found);
    return found;
  };
}

function isGroup(tool: unknown): tool is { name: string; tools: unknown[] } {
  return (
    isObject(tool) && tool["type"] === "namespace" && typeof tool["name"] === "string" && Array.isArray(tool["tools"])
  );
}

function isFunction(tool: unknown): tool is Content & { name: string } {
  return isObject(tool) && tool["type"] === "function" && typeof tool["name"] === "string";
}

function isObject(value: unknown): value is Content {
  return typeof value === "object" && value !== null;
}

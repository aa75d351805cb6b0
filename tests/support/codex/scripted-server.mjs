/**
 * Runs in a pod: a server of models that follows a script behind /v1/responses. It asks for a command, then for an edit, as a model
 * that is told how to edit by its instructions does, and says it is done. Told to use its tools, or of a note, it asks servers of
 * them instead, by names that it was told, as a model behind an older server knows none but functions.
 */
import { createServer } from "node:http";
import { json } from "node:stream/consumers";

const call = (id, cmd) => ({
  type: "function_call",
  name: "exec_command",
  call_id: id,
  arguments: JSON.stringify({ cmd }),
});
const files = [
  call("command", "id -u > made.txt; command -v codex"),
  call(
    "edit",
    ["apply_patch <<'EOF'", "*** Begin Patch", "*** Add File: edited.txt", "+by an edit", "*** End Patch", "EOF"].join(
      "\n",
    ),
  ),
  { type: "message", role: "assistant", content: [{ type: "output_text", text: "Both are done." }] },
];

const tool = (name, args) => ({ type: "function_call", name, call_id: name, arguments: JSON.stringify(args) });
const tools = [
  tool("mcp__guild__guild", {}),
  tool("mcp__guild__workspaces", {}),
  tool("mcp__guild__systems", {}),
  tool("mcp__guild__docs_search", { words: "which tools agents have" }),
  tool("mcp__guild__docs_read", { page: "systems/models.md" }),
  tool("mcp__events__events_say", { what: "said", text: "An otter was here.", to: "guild" }),
  tool("mcp__events__events_recent", { type: "agent", newest: 1 }),
  { type: "message", role: "assistant", content: [{ type: "output_text", text: "All were asked." }] },
];

const text = "# Otters\n\nThey sleep by day.\n";
const path = "agents/Otters.md";
const notes = [
  tool("mcp__notes__search_notes", { query: "otters sleep" }),
  tool("mcp__notes__read_note", { path }),
  tool("mcp__notes__write_note", { path, text: `${text}\nAn agent was here.\n`, base: text }),
  { type: "message", role: "assistant", content: [{ type: "output_text", text: "The note is changed." }] },
];

/** By what its person says. */
const scripts = { "Use your tools": tools, "Go on with the note": notes };

createServer((request, response) => {
  void answer(request, response).catch((error) => response.destroy(error));
}).listen(8080);

async function answer(request, response) {
  if (request.url !== "/v1/responses") return response.writeHead(404).end();
  const { input, tools: offered = [] } = await json(request);
  const said = JSON.stringify(input);
  const [, script = files] = Object.entries(scripts).find(([words]) => said.includes(words)) ?? [];
  const done = input.filter(({ type }) => type === "function_call_output").length;
  const usage = { input_tokens: 100, output_tokens: 10, total_tokens: 110 };
  const id = `response-${done}`;
  const next = script[done];
  if (script !== files && next.name !== undefined && !offered.some(({ name }) => name === next.name))
    return response.writeHead(400).end();
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const event of [
    { type: "response.created", response: { id } },
    { type: "response.output_item.done", item: next },
    { type: "response.completed", response: { id, usage } },
  ])
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  response.end();
}

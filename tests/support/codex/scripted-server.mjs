/**
 * Runs in a pod: a server of models that follows a script behind /v1/responses. It asks for a command, then for an edit, as a model
 * that is told how to edit by its instructions does, and says it is done.
 */
import { createServer } from "node:http";
import { json } from "node:stream/consumers";

const call = (id, cmd) => ({
  type: "function_call",
  name: "exec_command",
  call_id: id,
  arguments: JSON.stringify({ cmd }),
});
const script = [
  call("command", "id -u > made.txt; command -v codex"),
  call(
    "edit",
    ["apply_patch <<'EOF'", "*** Begin Patch", "*** Add File: edited.txt", "+by an edit", "*** End Patch", "EOF"].join(
      "\n",
    ),
  ),
  { type: "message", role: "assistant", content: [{ type: "output_text", text: "Both are done." }] },
];

createServer((request, response) => {
  void answer(request, response).catch((error) => response.destroy(error));
}).listen(8080);

async function answer(request, response) {
  if (request.url !== "/v1/responses") return response.writeHead(404).end();
  const { input } = await json(request);
  const done = input.filter(({ type }) => type === "function_call_output").length;
  const usage = { input_tokens: 100, output_tokens: 10, total_tokens: 110 };
  const id = `response-${done}`;
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const event of [
    { type: "response.created", response: { id } },
    { type: "response.output_item.done", item: script[done] },
    { type: "response.completed", response: { id, usage } },
  ])
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  response.end();
}

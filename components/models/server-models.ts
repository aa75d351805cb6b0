import type * as pulumi from "@pulumi/pulumi";
import { Model } from "../../provider/sdk/index.ts";
import type { OllamaServer } from "../../provider/sdk/index.ts";
import type { ModelSpec } from "./model-spec.ts";

/**
 * Children `<name>-model-<the model's name>`.
 * @param threads that one answer is reckoned by. @default as many as the server finds cores
 */
export function serverModels(
  name: string,
  { server, models, threads }: { server: OllamaServer; models: readonly ModelSpec[]; threads?: number },
  opts: pulumi.CustomResourceOptions,
): Model[] {
  return models.map(
    (model) =>
      new Model(
        `${name}-model-${model.name.replaceAll(/[^\w.-]+/g, "-")}`,
        {
          server,
          name: model.name,
          source: model.source,
          template: model.template,
          system: model.system,
          parameters: {
            num_ctx: model.contextWindow,
            ...(threads !== undefined && { num_thread: threads }),
            ...model.parameters,
          },
        },
        opts,
      ),
  );
}

import { createServer, type Server } from "node:http";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Asked, Told } from "./told.ts";

/** Counts what is asked of models, for Prometheus and those like it. */
export interface Metrics extends Told {
  /** One question more is under way, or one less. */
  underWay(change: 1 | -1): void;
  readonly registry: Registry;
}

export function metrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const whose = ["workspace", "model"] as const;
  const tokens = new Counter({
    name: "guildnet_model_tokens_total",
    help: "Tokens of questions (input) and answers (output); estimated where the model server didn't say.",
    labelNames: [...whose, "direction", "counted"],
    registers,
  });
  const questions = new Counter({
    name: "guildnet_model_questions_total",
    help: "Questions, by how they were answered; 499 where whoever asked went away.",
    labelNames: [...whose, "status"],
    registers,
  });
  const seconds = new Histogram({
    name: "guildnet_model_answer_seconds",
    help: "Time until an answer was there whole.",
    labelNames: ["model"],
    buckets: [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000],
    registers,
  });
  const open = new Gauge({
    name: "guildnet_model_questions_under_way",
    help: "Questions that are being answered.",
    registers,
  });
  return {
    registry,
    underWay: (change) => open.inc(change),
    asked: ({ workspace, model, status, usage, ms }: Asked) => {
      const counted = usage.reported ? "reported" : "estimated";
      questions.inc({ workspace, model, status });
      tokens.inc({ workspace, model, direction: "input", counted }, usage.input);
      tokens.inc({ workspace, model, direction: "output", counted }, usage.output);
      seconds.observe({ model }, ms / 1000);
    },
  };
}

/** Plain HTTP for whoever gathers metrics. */
export function metricsServer({ registry }: Metrics): Server {
  return createServer((request, response) => {
    if (request.url?.split("?", 1)[0] !== "/metrics") return response.writeHead(404).end();
    void registry.metrics().then(
      (text) => response.writeHead(200, { "content-type": registry.contentType }).end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
}

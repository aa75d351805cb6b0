import { setMaxListeners } from "node:events";
import type { Audience, EventType } from "../../../events/index.ts";
import type { SeenEvent } from "../guild/event-feed.ts";
import type { WorkspaceEventBus, WorkspaceEvents } from "../guild/workspace-events.ts";
import { saidEvent } from "./events.ts";

/** What a workspace brings to be known by, where a test has invented it. */
export const credentialsOf = (workspace: string): string =>
  `-----BEGIN NATS USER JWT-----\n${workspace}\n------END NATS USER JWT------`;

/** A bus that knows some workspaces by such credentials, and lets each read what it is told that it may. */
export class InventedWorkspaceEvents implements WorkspaceEventBus {
  readonly #said: SeenEvent[] = [];
  readonly #reads: Readonly<Record<string, readonly Audience[]>>;
  #listeners: (() => void)[] = [];
  /** Connections that are open. */
  open = 0;

  /** @param reads of each workspace, whose events it may read */
  constructor(reads: Readonly<Record<string, readonly Audience[]>>) {
    this.#reads = reads;
  }

  say(text: string, audience: Audience, workspace = "ada", type: EventType = "agent.said"): void {
    const event = { ...saidEvent(text, { audience, source: `ws-${workspace}` }), type } as SeenEvent;
    const sequence = this.#said.filter((each) => each.audience === audience).length + 1;
    this.#said.push({
      ...event,
      sequence,
      keptAt: new Date(Date.UTC(2030, 0, 1, 0, 0, this.#said.length)).toISOString(),
    });
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }

  async signIn(credentials: string): Promise<WorkspaceEvents> {
    const workspace = Object.keys(this.#reads).find((each) => credentialsOf(each) === credentials);
    if (workspace === undefined) throw new Error("Authorization Violation for secret-seed");
    const kept = (audience: Audience): SeenEvent[] => {
      if (!this.#reads[workspace]?.includes(audience)) throw new Error(`no responders for ${audience}`);
      return this.#said.filter((event) => event.audience === audience);
    };
    const after = (audience: Audience, number: number) => kept(audience).filter(({ sequence }) => sequence > number);
    const heard = (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        setMaxListeners(0, signal);
        if (signal.aborted) return resolve();
        signal.addEventListener("abort", () => resolve());
        this.#listeners.push(resolve);
      });
    this.open += 1;
    return {
      newest: async (audience) => kept(audience).at(-1)?.sequence ?? 0,
      kept: async function* (audience, number) {
        yield* after(audience, number);
      },
      follow: async function* (audience, number, signal) {
        for (let place = number; !signal.aborted;) {
          const more = heard(signal);
          for (const event of after(audience, place)) {
            place = event.sequence;
            yield event;
          }
          await more;
        }
      },
      say: async (audience, type, data) => {
        this.say(JSON.stringify(data), audience, workspace, type);
      },
      close: async () => void (this.open -= 1),
    };
  }
}

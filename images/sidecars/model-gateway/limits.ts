import { GatewayError } from "./errors.ts";
import type { Settings } from "./settings.ts";

const DAY_MS = 24 * 3600 * 1000;

/** How much each workspace has asked, and whether it may ask on. What was asked is forgotten when the gateway starts anew. */
export interface Limits {
  /**
   * Counts one request more that is under way.
   * @returns to be called when it is over
   * @throws GatewayError that says which limit is reached, and until when
   */
  admit(workspace: string): () => void;
  /** Tokens that a question and its answer took. */
  spend(workspace: string, tokens: number): void;
}

/** @param now milliseconds */
export function limits({ limits: common, limitsOf }: Settings, now: () => number = Date.now): Limits {
  const underWay = new Map<string, number>();
  let day = -1;
  const spent = new Map<string, number>();
  const today = (): number => {
    const current = Math.floor(now() / DAY_MS);
    if (current !== day) spent.clear();
    day = current;
    return current;
  };
  return {
    admit: (workspace) => {
      const { tokensPerDay, requestsAtOnce } = { ...common, ...limitsOf[workspace] };
      const ends = (today() + 1) * DAY_MS;
      const used = spent.get(workspace) ?? 0;
      if (tokensPerDay !== undefined && used >= tokensPerDay)
        throw dayIsSpent(workspace, used, tokensPerDay, ends, now());
      const open = underWay.get(workspace) ?? 0;
      if (open >= requestsAtOnce) throw tooManyAtOnce(workspace, requestsAtOnce);
      underWay.set(workspace, open + 1);
      let over = false;
      return () => {
        if (over) return;
        over = true;
        const left = (underWay.get(workspace) ?? 1) - 1;
        if (left > 0) underWay.set(workspace, left);
        else underWay.delete(workspace);
      };
    },
    spend: (workspace, tokens) => {
      today();
      spent.set(workspace, (spent.get(workspace) ?? 0) + tokens);
    },
  };
}

/** Codex shows of such an error when it ends, where it has this type and `resets_at`; of other refusals by 429 it says nothing but the number. */
function dayIsSpent(workspace: string, used: number, limit: number, ends: number, now: number): GatewayError {
  const until = new Date(ends).toISOString();
  const words = `${workspace} has used ${used} tokens today, and may use ${limit} a day (tokensPerDay). It may ask again from ${until} on.`;
  return new GatewayError(429, "rate_limit_exceeded", words, {
    type: "usage_limit_reached",
    headers: { "retry-after": String(Math.ceil((ends - now) / 1000)) },
    members: { resets_at: ends / 1000, resets_in_seconds: Math.ceil((ends - now) / 1000) },
  });
}

function tooManyAtOnce(workspace: string, limit: number): GatewayError {
  const words = `${workspace} has ${limit} questions under way, and may have no more at once (requestsAtOnce). It may ask again as soon as one is answered.`;
  return new GatewayError(429, "rate_limit_exceeded", words, { type: "requests", headers: { "retry-after": "1" } });
}

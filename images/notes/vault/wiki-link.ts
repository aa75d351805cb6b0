import type { CompileContext, Extension as FromMarkdown, Token } from "mdast-util-from-markdown";
import type { Code, Construct, Effects, Extension, State } from "micromark-util-types";
import type { Literal } from "mdast";
import type { Processor } from "unified";
import { linkKey } from "./note-path.ts";

/** `[[target#heading|label]]`, or `![[target]]`, which shows what it names in place. */
export interface WikiLink extends Literal {
  type: "wikiLink";
  /** What stands between the brackets. */
  value: string;
  isEmbed: boolean;
}

/** The parts of a link. */
export interface LinkText {
  /** Empty where a heading of the same note is meant. */
  readonly target: string;
  readonly heading: string | undefined;
  readonly label: string | undefined;
}

declare module "micromark-util-types" {
  interface TokenTypeMap {
    wikiLink: "wikiLink";
  }
}

declare module "mdast" {
  interface PhrasingContentMap {
    wikiLink: WikiLink;
  }
  interface RootContentMap {
    wikiLink: WikiLink;
  }
}

const EXCLAMATION_MARK = 33;
const LEFT_BRACKET = 91;
const RIGHT_BRACKET = 93;

/** Teaches remark `[[links]]`. */
export function wikiLinks(this: Processor): void {
  const data = this.data() as { micromarkExtensions?: Extension[]; fromMarkdownExtensions?: FromMarkdown[] };
  (data.micromarkExtensions ??= []).push({
    text: { [EXCLAMATION_MARK]: construct, [LEFT_BRACKET]: construct },
  });
  (data.fromMarkdownExtensions ??= []).push({ enter: { wikiLink: enter }, exit: { wikiLink: exit } });
}

/** Reads what stands between brackets; in a table its bar is written `\|`. */
export function linkText(value: string): LinkText {
  const bar = value.indexOf("|");
  const place = (bar < 0 ? value : value.slice(0, bar)).replace(/\\$/, "");
  const hash = place.indexOf("#");
  const target = (hash < 0 ? place : place.slice(0, hash)).trim();
  const heading = hash < 0 ? undefined : place.slice(hash + 1).trim() || undefined;
  const label = bar < 0 ? undefined : value.slice(bar + 1).trim() || undefined;
  return { target, heading, label };
}

/** The same link, to another note. */
export function withTarget(value: string, target: string): string {
  const rest = /\\?[#|]/.exec(value);
  return rest === null ? target : target + value.slice(rest.index);
}

/** Whether two targets are the same to a reader. */
export function isSameTarget(one: string, other: string): boolean {
  return linkKey(one) === linkKey(other);
}

/** Two brackets, then anything on one line but brackets, then two again. */
const construct: Construct = {
  name: "wikiLink",
  tokenize(effects: Effects, ok: State, nok: State): State {
    let length = 0;
    let open = 0;

    return start;

    function start(code: Code): State | undefined {
      effects.enter("wikiLink");
      if (code !== EXCLAMATION_MARK) return opening(code);
      effects.consume(code);
      return opening;
    }

    function opening(code: Code): State | undefined {
      if (code !== LEFT_BRACKET) return nok(code);
      effects.consume(code);
      return ++open === 2 ? inside : opening;
    }

    function inside(code: Code): State | undefined {
      // Below zero are the ends of lines and of the text.
      if (code === null || code < -2 || code === LEFT_BRACKET) return nok(code);
      if (code === RIGHT_BRACKET) {
        if (length === 0) return nok(code);
        effects.consume(code);
        return closing;
      }
      length += 1;
      effects.consume(code);
      return inside;
    }

    function closing(code: Code): State | undefined {
      if (code !== RIGHT_BRACKET) return nok(code);
      effects.consume(code);
      effects.exit("wikiLink");
      return ok;
    }
  },
};

function enter(this: CompileContext, token: Token): void {
  this.enter({ type: "wikiLink", value: "", isEmbed: false }, token);
}

function exit(this: CompileContext, token: Token): void {
  const node = this.stack.at(-1) as WikiLink;
  const source = this.sliceSerialize(token);
  node.isEmbed = source.startsWith("!");
  node.value = source.slice(node.isEmbed ? 3 : 2, -2);
  this.exit(token);
}

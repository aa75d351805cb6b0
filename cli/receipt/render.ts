import { columns } from "../links.ts";
import type { Receipt } from "./receipt.ts";
import { clusterWords, facts, personWords, systemWords, verdict } from "./words.ts";

/** A receipt for a terminal. */
export function receiptText(receipt: Receipt): string {
  if (receipt.failed) return failureText(receipt);
  const { people } = receipt;
  return [
    verdict(receipt),
    ...section(
      "People",
      people.map((person) => [person.handle, personWords(person)]),
    ),
    ...section("Systems", systemRows(receipt)),
    "",
    ...facts(receipt).flatMap(({ heading, none, lines }) =>
      lines.length === 0 ? [`${heading}: ${none}`] : [`${heading}:`, ...lines.map((line) => `  ${oneLine(line)}`)],
    ),
    "",
  ].join("\n");
}

/** The engine has said by now what it did not like; of what would be done there is a part alone. */
function failureText(receipt: Receipt): string {
  const found = facts(receipt).filter(({ heading, lines }) => heading.startsWith("Policies") && lines.length > 0);
  return [
    verdict(receipt),
    ...found.flatMap(({ heading, lines }) => [`${heading}:`, ...lines.map((line) => `  ${oneLine(line)}`)]),
    "",
  ].join("\n");
}

function section(title: string, rows: readonly string[][]): string[] {
  return rows.length === 0 ? [] : ["", title, ...columns(rows).map((row) => `  ${row}`)];
}

function systemRows(receipt: Receipt): string[][] {
  const cluster = clusterWords(receipt);
  return [
    ...(cluster === undefined ? [] : [["cluster", cluster]]),
    ...receipt.systems.map((system) => [system.name, systemWords(system)]),
  ];
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

/** By which a comment of ours is found again on a pull request. */
export function commentMark(stack: string): string {
  return `<!-- guildnet receipt ${stack} -->`;
}

/** A receipt for a comment on a pull request, whose first line tells whose it is. */
export function receiptMarkdown(receipt: Receipt): string {
  const { stack, people, errors, failed, isUnchanged } = receipt;
  const touched = people.filter(({ effect }) => effect !== "untouched"),
    others = people.filter(({ effect }) => effect === "untouched").map(({ handle }) => escaped(handle));
  const shown = facts(receipt).filter(({ lines }) => !failed || lines.length > 0);
  return [
    commentMark(stack),
    `### ${escaped(verdict(receipt))}`,
    "",
    ...(isUnchanged || failed
      ? []
      : table(
          ["who", "what happens"],
          [
            ...touched.map((person) => [`**${escaped(person.handle)}**`, escaped(personWords(person))]),
            ...(others.length === 0 ? [] : [[others.join(", "), "not affected"]]),
            ...systemRows(receipt).map(([name = "", words = ""]) => [`*${escaped(name)}*`, escaped(words)]),
          ],
        )),
    ...shown.map(({ heading, none, lines }) =>
      lines.length === 0
        ? `- ${heading}: ${none}`
        : [`- **${heading}**`, ...lines.map((line) => `  - ${escaped(oneLine(line))}`)].join("\n"),
    ),
    ...(errors.length === 0
      ? []
      : ["", ...errors.flatMap((error) => ["```text", error.replaceAll("```", "'''"), "```"])]),
    "",
  ].join("\n");
}

function table(head: readonly string[], rows: readonly string[][]): string[] {
  if (rows.length === 0) return [];
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).concat("");
}

/** What names and messages hold is text, and no markup of the page. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>|#~]/g, String.raw`\$&`).replaceAll("@", "@\u200B");
}

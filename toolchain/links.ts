import { LINK_LIFETIME_SECONDS, signInLink } from "./sign-in-link.ts";
import type { StackOutputs } from "./stack-outputs.ts";

/** What `up` prints at its end: everything a person opens next. */
export function linksBlock(outputs: StackOutputs, caFile: string): string {
  const { portalUrl, people, workspaces, apps = [], signInKey, notes = [] } = outputs;
  const signIn: [string, string][] = people.map((person) => [person, signInLink(portalUrl, person, signInKey)]);
  return [
    section("Portal", [[portalUrl, ""]]),
    section(`Sign in (each link works once, for ${LINK_LIFETIME_SECONDS / 60} minutes; \`npm run link -- <person>\` prints a new one)`, signIn),
    section("Workspaces", workspaces.map(({ name, owner, url }) => [owner === name ? name : `${name} (${owner})`, url])),
    ...(apps.length === 0 ? [] : [section("Apps", apps.map(({ name, visibility, url }) => [`${name} (${visibility})`, url]))]),
    section("Certificate", [[caFile, ""]], trustHint(caFile)),
    ...(notes.length === 0 ? [] : [section("Good to know", notes.map((note) => [note, ""]))]),
  ].join("\n");
}

function trustHint(caFile: string): string[] {
  return [
    "The browser trusts the guild once it knows this certificate: import it under Authorities",
    "(Firefox, Chromium: Settings › Privacy and security › Certificates), or for this whole machine:",
    `sudo cp ${caFile} /usr/local/share/ca-certificates/guildnet.crt && sudo update-ca-certificates`,
  ];
}

function section(title: string, rows: readonly (readonly [string, string])[], after: readonly string[] = []): string {
  return [`${title}`, ...columns(rows).map((row) => `  ${row}`), ...after.map((line) => `  ${line}`), ""].join("\n");
}

/** Rows as aligned columns, two blanks apart. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
}

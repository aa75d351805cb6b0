import { X509Certificate } from "node:crypto";
import { LINK_LIFETIME_SECONDS, signInLink } from "./sign-in-link.ts";
import type { StackOutputs } from "./stack-outputs.ts";

/** OBJECT IDENTIFIER 2.5.29.30 (name constraints) as it stands in a certificate. */
const NAME_CONSTRAINTS = Buffer.from("0603551d1e", "hex");

/**
 * What `up` prints at its end: everything its operator opens next. A link is a way in as that person, so there is one
 * for the operator alone: what a terminal prints is kept in logs and seen over shoulders.
 */
export function linksBlock(outputs: StackOutputs, caFile: string, stack: string): string {
  const { portalUrl, people, admins = [], workspaces, apps = [], signInKey, notes = [] } = outputs;
  const operator = admins.find((admin) => people.includes(admin)) ?? people[0];
  const signIn: [string, string][] =
    operator === undefined ? [] : [[operator, signInLink(portalUrl, operator, signInKey)]];
  return [
    section("Portal", [[portalUrl, ""]]),
    section(
      `Sign in (a link works once, for ${LINK_LIFETIME_SECONDS / 60} minutes; \`${linkCommand(stack)}\` prints one for whom you like)`,
      signIn,
    ),
    section(
      "Workspaces",
      workspaces.map(({ name, owner, url }) => [owner === name ? name : `${name} (${owner})`, url]),
    ),
    ...(apps.length === 0
      ? []
      : [
          section(
            "Apps",
            apps.map(({ name, visibility, url }) => [`${name} (${visibility})`, url]),
          ),
        ]),
    section(
      "Certificate",
      [[caFile, ""]],
      [...trustHint(caFile), ...(isBound(outputs.caCertificate) ? [] : unboundHint(stack))],
    ),
    ...(notes.length === 0
      ? []
      : [
          section(
            "Good to know",
            notes.map((note) => [note, ""]),
          ),
        ]),
  ].join("\n");
}

/** How a sign-in link of that stack is made. */
export function linkCommand(stack: string): string {
  return `npm run link -- ${stack === "dev" ? "" : `--stack ${stack} `}<person>`;
}

function trustHint(caFile: string): string[] {
  return [
    "The browser trusts the guild once it knows this certificate: import it under Authorities",
    "(Firefox, Chromium: Settings › Privacy and security › Certificates), or for this whole machine:",
    `sudo cp ${caFile} /usr/local/share/ca-certificates/guildnet.crt && sudo update-ca-certificates`,
  ];
}

/** Of an authority from before there were any constraints, which stays until somebody replaces it: all browsers and devices know it. */
function unboundHint(stack: string): string[] {
  return [
    "This certificate is from an earlier version: whoever gets hold of its key can pose as any site to who trusts it.",
    "Another, for the names of this guild alone, which all browsers and devices then have to be given:",
    `npm run pulumi -- up --stack ${stack} --replace 'urn:pulumi:${stack}::guildnet::guildnet:index:CertificateAuthority::authority'`,
  ];
}

/** Whether an authority can sign for some names alone. */
function isBound(certificate: string): boolean {
  return new X509Certificate(certificate).raw.includes(NAME_CONSTRAINTS);
}

function section(title: string, rows: readonly (readonly [string, string])[], after: readonly string[] = []): string {
  return [`${title}`, ...columns(rows).map((row) => `  ${row}`), ...after.map((line) => `  ${line}`), ""].join("\n");
}

/** Rows as aligned columns, two blanks apart. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

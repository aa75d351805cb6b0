import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { APP_PORT, IDE_PORT } from "../../pod/names.ts";
import type { Workspace } from "../guild/workspaces.ts";
import type { PortalError } from "./errors.ts";
import type { Hosts } from "./hosts.ts";
import { OWN_PAGE_HEADERS } from "./own-headers.ts";
import { PAGES } from "./pages.ts";
import { isNavigation } from "./request-checks.ts";

const TITLES: Readonly<Record<string, string>> = {
  bad_answer: "What came back is no page",
  no_answer: "The connection broke off",
  answer_timeout: "No answer came",
  body_timeout: "What was sent did not arrive",
  ide_refused: "The IDE does not open",
  no_such_port: "There is nothing here",
  not_found: "There is nothing here",
  unknown_host: "There is nothing here",
  cross_origin: "The page before may not lead here",
  handoff_invalid: "This way in is used up",
  signed_out: "You are not signed in here",
  internal: "Something went wrong in the portal",
};

/** What an error page is told of a request. */
interface Failed {
  readonly method?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** What a request that failed was for, once that is known. */
export interface FailedTarget {
  readonly workspace: Pick<Workspace, "id" | "owner" | "visibility">;
  readonly port: string;
  readonly session?: { readonly sub: string };
}

/** An error as the person sees it who opened a page and got none. */
export class ErrorPage {
  readonly #template: string;
  readonly #guildName: string;
  readonly #hosts: Hosts;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param uiDirectory where the built pages are */
  static async read(uiDirectory: string, guildName: string, hosts: Hosts): Promise<ErrorPage> {
    return new ErrorPage(await readFile(join(uiDirectory, PAGES.error), "utf8"), guildName, hosts);
  }

  private constructor(template: string, guildName: string, hosts: Hosts) {
    this.#template = template;
    this.#guildName = guildName;
    this.#hosts = hosts;
    this.#headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": withOwnStyle(template) };
  }

  /**
   * @param admitted what the person was let in to; whose it is, nobody else is told
   * @returns undefined of a request by a program, which reads JSON
   */
  of(
    request: Failed,
    error: PortalError,
    requestId: string,
    admitted?: FailedTarget,
  ): { readonly headers: Readonly<Record<string, string>>; readonly body: string } | undefined {
    // Of a form that was sent, too: its answer takes the place of the page.
    if (!isNavigation(request.method, request.headers) && request.headers["sec-fetch-mode"] !== "navigate")
      return undefined;
    const portal = escaped(this.#hosts.nearest(request).origin);
    const parts = {
      title: escaped(TITLES[error.code] ?? "That did not work"),
      guild: escaped(this.#guildName),
      portal,
      said: said(error, requestId, admitted),
      links: links(request, error, portal),
    };
    return {
      headers: this.#headers,
      body: this.#template.replace(/\{\{(\w+)\}\}/g, (_all, name: keyof typeof parts) => parts[name]),
    };
  }
}

function said(
  { message, code, statusCode, details }: PortalError,
  requestId: string,
  admitted: FailedTarget | undefined,
): string {
  const reason = details?.["reason"];
  return [
    `<p>${escaped(message)}</p>`,
    typeof reason === "string"
      ? `<p class="reason failed"><strong>${escaped(code)}</strong><span>${escaped(reason)}</span></p>`
      : "",
    admitted === undefined ? "" : `<p>${whose(admitted)}</p>`,
    `<p class="dim">${statusCode} <code>${escaped(code)}</code>, request <code>${escaped(requestId)}</code></p>`,
  ].join("\n");
}

function whose({ workspace: { id, owner, visibility }, port, session }: FailedTarget): string {
  const what = visibility === undefined ? "workspace" : "app";
  const which =
    port === IDE_PORT || port === APP_PORT
      ? `The ${what} <strong>${escaped(id)}</strong>`
      : `Port <strong>${escaped(port)}</strong> of the ${what} <strong>${escaped(id)}</strong>`;
  return session?.sub === owner ? `${which} is yours.` : `${which} belongs to <strong>${escaped(owner)}</strong>.`;
}

/** Back, and on: what a moment later may go well can be tried again, unless that would send a form twice. */
function links({ method }: Failed, { code, statusCode }: PortalError, portal: string): string {
  const toPortal = (look: string): string => `<a${look} href="${portal}/">To the portal</a>`;
  if (code === "handoff_invalid") return `<a class="primary" href="/">Open it again</a>\n<p>${toPortal("")}</p>`;
  if (statusCode >= 500 && (method === "GET" || method === "HEAD"))
    return `<a class="primary" href="">Try again</a>\n<p>${toPortal("")}</p>`;
  return toPortal(' class="primary"');
}

/** The page holds its style, since it is shown under host names that serve no files; no other is allowed to it. */
function withOwnStyle(template: string): string {
  const [, style = ""] = /<style[^>]*>(.*?)<\/style>/s.exec(template) ?? [];
  const hash = createHash("sha256").update(style).digest("base64");
  return (OWN_PAGE_HEADERS["content-security-policy"] ?? "").replace("style-src 'self'", `style-src 'sha256-${hash}'`);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}

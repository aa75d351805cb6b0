import { once } from "node:events";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appHost, startHarness, type Harness } from "../../images/portal/testing/harness.ts";
import { startNginx } from "../../images/portal/testing/nginx.ts";
import { ODD_EXCHANGES, type Group, type OddExchange } from "../../images/portal/testing/odd-exchanges.ts";
import { startRecorder, type Recorder } from "../../images/portal/testing/recorder.ts";

const TABLE = join(import.meta.dirname, "../../docs/odd-exchanges.md");
const CONFIG = join(import.meta.dirname, "../../images/portal/testing/nginx.conf");

/** What came of an exchange: the answers that the visitor got, and the requests that the app did. */
interface Outcome {
  readonly answers: string;
  readonly saw: string;
}

let guild: Harness;
let app: Recorder;
let stopNginx: () => Promise<void>;
let front: string;
const host = appHost("shop");
const outcomes = new Map<OddExchange, { readonly portal: Outcome; readonly nginx: Outcome }>();

beforeAll(async () => {
  guild = await startHarness();
  const folder = guild.certificate.directory;
  app = await startRecorder(join(folder, "app.sock"));
  front = join(folder, "front.sock");
  stopNginx = await startNginx(folder, CONFIG, front);
  guild.workspaces.put({ id: "shop", owner: "alice", state: "running", visibility: "public" });
  guild.workspaces.connect("shop", "app", app.upstream);
  for (const exchange of ODD_EXCHANGES.flatMap(({ exchanges }) => exchanges)) {
    outcomes.set(exchange, { portal: await outcome(exchange, guild.raw), nginx: await outcome(exchange, openNginx) });
  }
});
afterAll(async () => {
  await stopNginx();
  await app.close();
  // Its folder is theirs, too.
  await guild.close();
});

async function openNginx(): Promise<TLSSocket> {
  const socket = connect({ path: front, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  return socket;
}

async function outcome(
  { request, answer, shows = [], mayWait = false }: OddExchange,
  open: () => Promise<TLSSocket>,
): Promise<Outcome> {
  app.expect(answer, shows);
  const socket = await open();
  const said = listen(socket);
  socket.write(Buffer.from(request.replaceAll("{host}", host), "latin1"));
  if (!mayWait) await once(socket, "close");
  // Whoever answers others five times over has had the time to answer this one.
  else for (let times = 0; times < 5; times++) await ping(open);
  const waits = !socket.destroyed;
  socket.destroy();
  return { answers: [...said.answers, ...(waits ? ["waits"] : [])].join(", ") || "closes", saw: app.seen.join("; ") };
}

/** Each answer as its status, with the portal's own word for why. */
function listen(socket: TLSSocket): { readonly answers: string[] } {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => void chunks.push(chunk)).on("error", () => socket.destroy());
  return {
    get answers() {
      return [
        ...Buffer.concat(chunks)
          .toString("latin1")
          .matchAll(/HTTP\/1\.[01] (\d{3})/g),
      ].map(([, status]) => status ?? "");
    },
  };
}

async function ping(open: () => Promise<TLSSocket>): Promise<void> {
  const socket = await open();
  const said = listen(socket);
  socket.write(`GET /ping HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  await once(socket, "close");
  expect(said.answers).toEqual(["200"]);
}

const isSame = ({ portal, nginx }: { readonly portal: Outcome; readonly nginx: Outcome }): boolean =>
  portal.answers === nginx.answers && portal.saw === nginx.saw;

describe.each(ODD_EXCHANGES.map((group) => [group.title, group] as const))(
  "%s",
  (_title, { exchanges, differences }) => {
    test("each has a name of its own", () =>
      expect(new Set(exchanges.map(({ name }) => name)).size).toBe(exchanges.length));

    test.each(exchanges.map((exchange) => [exchange.name, exchange] as const))("%s", (name, exchange) => {
      const both = outcomes.get(exchange)!;
      // What differs has a reason, and what has a reason differs.
      expect({ ...both, hasReason: name in differences }).toEqual({ ...both, hasReason: !isSame(both) });
    });
  },
);

test("the app is asked nothing that was hidden in something else", () => {
  for (const group of ODD_EXCHANGES.slice(0, 4)) {
    for (const exchange of group.exchanges)
      expect(`${exchange.name}: ${outcomes.get(exchange)?.portal.saw}`).not.toMatch(/hidden|malformed/);
  }
});

test("the table in docs says what happens", async () => {
  await expect(table()).toMatchFileSnapshot(TABLE);
});

function table(): string {
  const count = outcomes.size;
  const different = [...outcomes.values()].filter((both) => !isSame(both)).length;
  return [
    "# Odd exchanges: the portal beside nginx",
    "",
    `${count} exchanges that two programs may understand differently, each sent to the portal and to nginx (Debian 12's 1.22.1, as it comes, with \`proxy_pass\` and kept connections) in front of the same app. ${different} have another outcome, and each of them a reason. This table is written by \`tests/integration/00-odd-exchanges.test.ts\` (with \`--update\`), which fails where it is not true; the bytes are in \`images/portal/testing/odd-exchanges.ts\`.`,
    "",
    "An outcome is the statuses that the visitor got (*closes*: none; *waits*: the connection is still open) → what the app was asked, with the number of bytes of its body.",
    "",
    ...ODD_EXCHANGES.flatMap(section),
  ].join("\n");
}

function section({ title, exchanges, differences }: Group): string[] {
  const rows = exchanges.map((exchange) => {
    const both = outcomes.get(exchange)!;
    return `| ${cell(exchange.name)} | ${shown(both.portal)} | ${isSame(both) ? "the same" : shown(both.nginx)} | ${cell(differences[exchange.name] ?? "")} |`;
  });
  return [`## ${title}`, "", "| | portal | nginx | why not the same |", "|---|---|---|---|", ...rows, ""];
}

function shown({ answers, saw }: Outcome): string {
  return cell(saw === "" ? answers : `${answers} → ${saw}`);
}

/** Bytes that no editor shows, as escapes; bars would end the cell. */
function cell(text: string): string {
  return text
    .replaceAll(/[^\x20-\x7e→…]/g, (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, "0")}`)
    .replaceAll("|", "\\|")
    .replaceAll("*", "\\*")
    .replaceAll("_", "\\_");
}

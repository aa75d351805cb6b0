import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { browserThatTrusts, signIn, type PersonsBrowser } from "../support/browser.ts";
import { inWorkspace, kept, lastForAdmins, nats, say } from "../support/events.ts";
import {
  changesAhead,
  configure,
  everything,
  guildnet,
  kubectl,
  mustGuildnet,
  nameOf,
  portalUrl,
  trustedCertificate,
  upWith,
} from "../support/guildnet.ts";
import { registryHost } from "../support/hello/image.ts";
import { openIde, Terminal } from "../support/ide.ts";
import { PortalClient } from "../support/portal-client.ts";
import { TunnelMachine } from "../support/tunnel-machine.ts";

// What a guild is for, in one day of somebody who is new in it: a workspace that nobody set up, all that she does in
// its editor's terminal and a browser, and what others see of it, up to a visitor from the internet. Each change of the
// config that the day brings is also a system's: what it does to the bus, to apps and to what is published.

const slow = { timeout: 120_000 },
  soon = { timeout: 90_000, interval: 500 };
/** A model of a few words a second on a busy machine. */
const slowest = { timeout: 600_000 };
/** Where one may look at what she saw. */
const pictures = process.env.GUILDNET_TEST_PICTURES ?? join(tmpdir(), "guildnet-whole");

const people = { ada: {}, bob: {}, grace: {} };
const grace = { owner: "grace", preset: "small", keepData: false };
const withGrace = {
  ...everything,
  people,
  workspaces: [...everything.workspaces, grace],
  events: { retention: { days: 7 } },
};
const image = `${registryHost}/grace/hello:1`;
const hello = { name: "hello", owner: "grace", image, port: 8080 },
  diary = { ...hello, name: "diary" };
const published = { app: "hello", host: "hello.example.org" };

/** What she publishes. Perl, because every Debian image has it. */
const program = [
  "use IO::Socket::INET;",
  "$SIG{TERM} = sub { exit };",
  "my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 16, ReuseAddr => 1);",
  "while (1) {",
  "  my $client = $server->accept or next;",
  String.raw`  while (<$client>) { last if /^\r?$/ }`,
  String.raw`  print $client "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nHello from the guild";`,
  "  close $client;",
  "}",
];

const folder = mkdtempSync(join(tmpdir(), "guildnet-whole-"));
let busBefore = "",
  firstSaid = 0,
  browser: PersonsBrowser,
  portal: Page,
  ide: Page,
  terminal: Terminal,
  machine: TunnelMachine,
  ca = "";

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  await upWith(everything);
  await kubectl("rollout", "status", "--namespace", "ws-ada", "deploy/workspace", "--timeout", "90s");
  busBefore = await busUid();
  firstSaid = await say("ada", "before all of this");
});

afterAll(async () => {
  await browser?.close();
  await machine?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("a workspace more", () => {
  test("changes no stream but its person's, where events are also to stay for another time", async () => {
    configure(withGrace);
    const streams = (await changesAhead()).filter((step) => nameOf(step).startsWith("events-stream-"));
    expect(streams.map((step) => `${nameOf(step)} ${step.op}`).sort()).toEqual([
      "events-stream-@ada update",
      "events-stream-@bob update",
      "events-stream-@grace create",
      "events-stream-admins update",
      "events-stream-guild update",
    ]);
  });

  test("comes, and events stay as long as is said now, without the bus being started anew", async () => {
    await mustGuildnet("up");
    await kubectl("rollout", "status", "--namespace", "ws-grace", "deploy/workspace", "--timeout", "120s");
    await say("grace", "I am new here");
    for (const type of ["workspace.created", "workspace.started"] as const)
      await vi.waitFor(
        async () => expect(await lastForAdmins("ada", "portal", type)).toEqual({ workspace: "grace", owner: "grace" }),
        soon,
      );
    expect(await nats("bob", "stream", "info", "events-guild")).toMatch(/Maximum Age: 7d/);
    expect(await busUid()).toBe(busBefore);
    expect(await kept("ada", firstSaid)).toContainEqual(
      expect.objectContaining({ source: "up", type: "stack.applied" }),
    );
  });
});

describe("a person in it, who sets nothing up", () => {
  test("opens it from the portal, with a terminal", async () => {
    browser = await browserThatTrusts(trustedCertificate());
    portal = await browser.context.newPage();
    await signIn(portal, "grace", slow);
    await portal.getByText("Running").first().waitFor(slow);
    await picture(portal, "portal");
    ide = await openIde(browser.context, portal, "grace", slow);
    terminal = await Terminal.open(ide, slow);
    await terminal.run("pwd", slow);
    await picture(ide, "workspace");
  });

  test("writes a note", async () => {
    await vi.waitFor(() => inWorkspace("grace", "test", "-d", "/home/guild/notes/guild"), soon);
    const note = ["# Herons", "", "They stand on one leg while they sleep, in no hurry. #river"];
    await terminal.run(`printf '%s\\n' ${note.map((line) => `'${line}'`).join(" ")} > ~/notes/guild/Herons.md`, slow);
    await picture(ide, "note");
  });

  test("asks Codex, which the guild's own small model answers", slowest, async () => {
    await terminal.run("git init --quiet --initial-branch main", slow);
    const ask = "codex exec --model smollm2:135m 'What is the capital of France?' > ~/answer";
    await terminal.run(ask, slowest);
    await picture(ide, "codex");
    // Words, whatever they are: it is a small one.
    expect(await inWorkspace("grace", "cat", "/home/guild/answer")).toMatch(/\w+ \w+ \w+/);
  });

  test("writes a program, in a Radicle repository, and proposes a change to it", async () => {
    await terminal.run(`printf '%s\\n' ${program.map((line) => `'${line}'`).join(" ")} > serve.pl`, slow);
    for (const command of [
      "git add serve.pl && git commit --quiet --message 'Say hello'",
      "rad init --name hello --description 'Says hello' --default-branch main --public --no-confirm",
      "echo '# Hello' > README.md && git add README.md && git commit --quiet --message 'Tell what it is'",
      "git push rad main",
      "git switch --quiet --create louder && echo 'It could be louder.' >> README.md",
      "git commit --quiet --all --message 'Say it louder'",
      "git push -o patch.message='Say it louder' rad HEAD:refs/patches",
      "rad patch",
    ])
      await terminal.run(command, slow);
    await picture(ide, "patch");
  });

  test("sees in the portal that she pushed, and that there is a patch", async () => {
    await portal.bringToFront();
    await portal.getByRole("link", { name: "Events" }).click(slow);
    for (const told of [
      /grace pushed \w+ to refs\/heads\/main of hello/,
      /grace opened the patch “Say it louder” in hello/,
    ])
      await portal.getByRole("listitem").filter({ hasText: told }).first().waitFor(slow);
    await picture(portal, "events");
  });

  test("finds her note in the notes' pages", async () => {
    await portal.getByRole("link", { name: "Notes" }).click(slow);
    const page = portal.getByRole("navigation", { name: "Notes" });
    await page.getByText("Herons").waitFor(slow);
    await portal.keyboard.press("/");
    await portal.keyboard.type("one leg");
    await portal.locator("mark", { hasText: "leg" }).first().waitFor(slow);
    await picture(portal, "found");
    await page.getByText("Herons", { exact: true }).click(slow);
    await portal.getByRole("heading", { name: "Herons" }).first().waitFor(slow);
    await picture(portal, "notes");
  });

  test("makes an image of it and of what it needs", async () => {
    await terminal.run("git switch --quiet main", slow);
    const libraries = "$(ldd /usr/bin/perl | grep --only-matching '/[^ ]*')";
    const modules = `$(perl -MIO::Socket::INET -MFile::Basename -e 'print dirname($INC{"strict.pm"})')`;
    for (const command of [
      "mkdir ~/files && cp serve.pl ~/files",
      `cp --recursive --parents --dereference /usr/bin/perl ${libraries} ${modules} ~/files`,
      "umoci init --layout ~/image && umoci new --image ~/image:hello",
      "umoci insert --rootless --image ~/image:hello ~/files /",
      "umoci config --image ~/image:hello --config.entrypoint /usr/bin/perl --config.cmd /serve.pl",
      `skopeo copy oci:$HOME/image:hello docker://${image}`,
    ])
      await terminal.run(command, slow);
    await picture(ide, "image");
  });
});

describe("an app of that image", () => {
  const page = { headers: expect.anything(), status: 200, body: "Hello from the guild" };
  let bob: PortalClient,
    pods = "";

  test("runs under a name of its own, for its owner alone", async () => {
    configure({ ...withGrace, apps: [hello, diary] });
    await mustGuildnet("up");
    const opened = await browser.context.newPage();
    await opened.goto(appUrl("hello"));
    await opened.getByText("Hello from the guild").waitFor(slow);
    await picture(opened, "app");
    bob = await PortalClient.signIn("bob");
    expect((await bob.open("hello")).status).toBe(404);
    expect((await PortalClient.anonymous().open("hello")).url).toContain(`${portalUrl}/open/hello`);
    pods = await podsOfApps();
  });

  test("is opened to members, and to everybody, by a word in the config, and not started anew for it", async () => {
    machine = await TunnelMachine.start(folder);
    const said = await publish({ ...published, until: "2999-12-24" });
    expect(said).toContain("Everybody on the internet can open app hello, of grace, at https://hello.example.org/");
    // The portal is made anew for the first that is published.
    await vi.waitFor(async () => expect(await bob.open("diary")).toMatchObject(page), soon);
    expect((await PortalClient.anonymous().open("diary")).status).toBe(401);
    await vi.waitFor(async () => expect(await PortalClient.anonymous().open("hello")).toMatchObject(page), soon);
    expect(await podsOfApps()).toBe(pods);
  });
});

describe("what is published", () => {
  /** What frp's server says in TLS of a name that it was told nothing of. */
  const unknown = /unrecognized name/;

  test("answers on a machine that the guild connects to, over TLS, in a visitor's browser there", async () => {
    ca = await authorityOfPublished();
    await vi.waitFor(async () => expect(await visit()).toEqual({ status: 200, body: "Hello from the guild" }), soon);
    const visitor = await browserThatTrusts(ca, machine.browser(published.host));
    try {
      const page = await visitor.context.newPage();
      await page.goto(`https://${published.host}/`);
      await page.getByText("Hello from the guild").waitFor(slow);
      await picture(page, "published");
    } finally {
      await visitor.close();
    }
  });

  test("is for a visitor who trusts its authority, and no other", async () => {
    await expect(machine.visit({ name: published.host, ca: machine.caCertificatePem })).rejects.toThrow(
      /unable to verify|self.signed/,
    );
  });

  test("is all there is: no other name leads anywhere, nor does one in another's connection", async () => {
    for (const name of ["diary.example.org", "guildnet.localhost", "diary.guildnet-apps.localhost", "example.org"]) {
      await expect(machine.visit({ name, ca }), name).rejects.toThrow(unknown);
      expect((await visit({ host: name })).status, name).toBe(421);
    }
    for (const path of ["/.guildnet/session?ticket=x", "/.guildnet/"])
      expect((await visit({ path })).status, path).toBe(404);
    expect((await visit({ path: "/api/workspaces" })).body).toBe("Hello from the guild");
  });

  test("is there again after tunnel, portal and server were killed", async () => {
    for (const [namespace, app] of [
      ["guildnet-tunnel", "tunnel"],
      ["guildnet-portal", "portal"],
    ] as const) {
      await kill(namespace, app);
      await vi.waitFor(async () => expect((await visit()).status).toBe(200), soon);
    }
    await machine.restart();
    await vi.waitFor(async () => expect((await visit()).status).toBe(200), soon);
  });

  test("is not changed by another run, and its token is nowhere in the clear", async () => {
    const preview = await guildnet("pulumi", ["preview", "--json"]);
    const { steps } = JSON.parse(preview.stdout.slice(preview.stdout.indexOf("{"))) as { steps: { op: string }[] };
    expect(steps.filter(({ op }) => op !== "same")).toEqual([]);
    const said = [
      preview.all,
      (await guildnet("pulumi", ["stack", "export"])).all,
      await kubectl("get", "events,deployments,pods,configmaps", "--all-namespaces", "--output", "yaml"),
      await kubectl("logs", "--namespace", "guildnet-tunnel", "deploy/tunnel"),
    ];
    for (const text of said) {
      expect(text.length).toBeGreaterThan(100);
      expect(text).not.toContain(machine.token);
      expect(text).not.toContain(Buffer.from(machine.token).toString("base64"));
    }
  });

  test("has an end that is told to the portal, which closes it then by itself, and keeps it closed", async () => {
    expect(await listed()).toEqual([
      { host: published.host, label: "hello", until: "2999-12-25T00:00:00.000Z", evenThoughPrivate: false },
    ]);
    await endAt(new Date(Date.now() + 2000));
    await vi.waitFor(async () => expect((await visit()).status).toBe(404), soon);
    await kill("guildnet-portal", "portal");
    await vi.waitFor(async () => expect((await visit()).status).toBe(404), soon);
  });
});

describe("the end of the day", () => {
  let stolen = "";

  beforeAll(async () => {
    const access = JSON.parse(
      await kubectl("get", "secret", "events-access", "--namespace", "ws-grace", "--output", "json"),
    ) as { data: Record<string, string> };
    stolen = Buffer.from(access.data["events.creds"] ?? "", "base64").toString();
  });

  test("takes away what led to what is published, once its time is over", async () => {
    const said = await publish({ ...published, until: new Date().toISOString() }, everything.workspaces);
    expect(said).toContain("hello.example.org is closed: its time was over");
    await expect(visit()).rejects.toThrow(/unrecognized name/);
    expect(await kubectl("get", "namespace", "guildnet-tunnel", "--ignore-not-found", "--output", "name")).toBe("");
    const names = [
      "get",
      "service",
      "--namespace",
      "guildnet-portal",
      "--output",
      "jsonpath={.items[*].metadata.name}",
    ];
    expect((await kubectl(...names)).split(" ")).not.toContain("published");
  });

  test("lets nobody onto the bus whose workspace has gone, which is no reason to start it anew either", async () => {
    expect(await busUid()).toBe(busBefore);
    await inWorkspace("bob", "sh", "-c", 'umask 077; printf %s "$1" > /tmp/gone.creds', "sh", stolen);
    await expect(nats("bob", "--creds", "/tmp/gone.creds", "pub", "say.guild.agent.said", "{}")).rejects.toThrow(
      /[Aa]uthorization/,
    );
    await say("bob", "and I am");
  });
});

let taken = 0;

/** Keeps what is to be seen now. */
async function picture(page: Page, of: string): Promise<void> {
  await page.screenshot({ path: join(pictures, `${++taken}-${of}.png`) });
}

function appUrl(name: string): string {
  return `https://${name}.guildnet-apps.localhost:${new URL(portalUrl).port}/`;
}

/** Has the stack up with what everybody may open, and this on the internet. @returns what `up` says */
async function publish(publication: object, workspaces = withGrace.workspaces): Promise<string> {
  const { address, caCertificatePem, token } = machine;
  const tunnel = { kind: "frp", server: address, caCertificate: caCertificatePem, publish: [publication] };
  const apps = [
    { ...hello, visibility: "public" },
    { ...diary, visibility: "members" },
  ];
  configure({ ...withGrace, workspaces, apps, tunnel });
  await mustGuildnet("pulumi", ["config", "set", "--secret", "guildnet:tunnelToken", token]);
  return mustGuildnet("up");
}

async function authorityOfPublished(): Promise<string> {
  const { stdout } = await guildnet("pulumi", ["stack", "output", "--json"]);
  const { tunnel } = JSON.parse(stdout.slice(stdout.indexOf("{"))) as { tunnel: { caCertificate: string } };
  return tunnel.caCertificate;
}

function visit(otherwise: { host?: string; path?: string } = {}) {
  return machine.visit({ name: published.host, ca, ...otherwise });
}

async function listed(): Promise<object[]> {
  const list = ["get", "configmap", "published", "--namespace", "guildnet-portal", "--output"];
  return JSON.parse(await kubectl(...list, "jsonpath={.data.publications}")) as object[];
}

/** Has what is published end at a moment, as its config would. */
async function endAt(moment: Date): Promise<void> {
  const publications = (await listed()).map((one) => ({ ...one, until: moment.toISOString() }));
  const patch = JSON.stringify({ data: { publications: JSON.stringify(publications) } });
  const list = ["patch", "configmap", "published", "--namespace", "guildnet-portal", "--type", "merge"];
  await kubectl(...list, "--patch", patch);
}

async function kill(namespace: string, app: string): Promise<void> {
  const selector = `app.kubernetes.io/name=${app}`;
  await kubectl("delete", "pod", "--namespace", namespace, "--selector", selector, "--grace-period", "0", "--force");
  await kubectl("rollout", "status", "--namespace", namespace, `deploy/${app}`, "--timeout", "90s");
}

function busUid(): Promise<string> {
  return uids("guildnet-events", "app.kubernetes.io/name=nats");
}

async function podsOfApps(): Promise<string> {
  return (await Promise.all(["app-hello", "app-diary"].map((namespace) => uids(namespace)))).join();
}

function uids(namespace: string, selector = ""): Promise<string> {
  const pods = ["get", "pods", "--namespace", namespace, "--selector", selector];
  return kubectl(...pods, "--output", "jsonpath={.items[*].metadata.uid}");
}

import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import type { FastifyBaseLogger } from "fastify";
import { healthServer, type Readiness } from "../pod/health.ts";
import { readCertificate, watchCertificate } from "../pod/tls.ts";
import { portalApp } from "./api/portal-app.ts";
import type { Services } from "./api/services.ts";
import { workspaceApp } from "./api/workspace-app.ts";
import type { PortalConfig } from "./config.ts";
import { ErrorPage } from "./entrance/error-page.ts";
import { gate } from "./entrance/gate.ts";
import { Hosts, Site } from "./entrance/hosts.ts";
import { proxyProtocolServer } from "./entrance/proxy-protocol.ts";
import { TIMEOUTS, type Timeouts } from "./entrance/request-body.ts";
import { EventFeed, type EventBus } from "./guild/event-feed.ts";
import { Machine, type MachineReports } from "./guild/machine.ts";
import { isOpenToAll, MemoryPublications, Publications, type PublicationList } from "./guild/publications.ts";
import { accessWithPages, withPages, type SystemPages } from "./guild/system-pages.ts";
import { MemorySystems, type Systems } from "./guild/systems.ts";
import type { WorkspaceEventBus } from "./guild/workspace-events.ts";
import { mayOpen, type WorkspaceAccess, type WorkspaceDirectory } from "./guild/workspaces.ts";
import { Leases, type Lease } from "./identity/leases.ts";
import { Members, type MemberList } from "./identity/members.ts";
import { Sessions } from "./identity/sessions.ts";
import { SignInLinks } from "./identity/sign-in-links.ts";
import { SignOuts, type SignOutStore } from "./identity/sign-outs.ts";
import type { SigningKeys } from "./identity/signing-keys.ts";
import { Statements } from "./identity/statements.ts";
import { Upstreams } from "./proxy/upstream.ts";
import { WorkspaceHost } from "./proxy/workspace-host.ts";
import { startPublished } from "./published.ts";
import type { Docs } from "./tools/docs.ts";
import { startTools } from "./tools.ts";

const GRACE_MS = 10_000;

export interface PortalParts {
  readonly config: PortalConfig;
  readonly keys: SigningKeys;
  readonly directory: WorkspaceDirectory;
  readonly access: WorkspaceAccess;
  readonly signOuts: SignOutStore;
  readonly members: MemberList;
  /** @default nothing is known of it */
  readonly machine?: MachineReports;
  /** @default there are none */
  readonly systems?: Systems;
  /** @default the guild has none */
  readonly events?: EventBus;
  /** What workspaces ask the bus by, each as itself. @default the guild has none */
  readonly workspaceEvents?: WorkspaceEventBus;
  /** Of systems that have some. @default none have */
  readonly pages?: readonly SystemPages[];
  /** The guild's handbook, for agents. @default it has no page */
  readonly docs?: () => Promise<Docs>;
  /** @default nothing is */
  readonly publications?: PublicationList;
  readonly uiDirectory: string;
  /** Seconds since the epoch, with fractions. @default the clock */
  readonly now?: () => number;
  readonly log: FastifyBaseLogger;
  readonly certificatePollMs?: number;
  readonly timeouts?: Partial<Timeouts>;
}

/** A running portal. */
export interface Portal {
  readonly address: AddressInfo;
  /** Where visitors are announced. */
  readonly announcedAddress: AddressInfo | null;
  /** Where what is published is served. */
  readonly publishedAddress: AddressInfo | null;
  /** Where agents in workspaces ask. */
  readonly toolsAddress: AddressInfo | null;
  readonly healthAddress: AddressInfo;
  readonly services: Services;
  /** Takes no new work, lets what runs finish for a while, then cuts it off. */
  close(graceMs?: number): Promise<void>;
}

/** Puts the parts together and listens. @throws where the certificate cannot be read or an address is taken */
export async function startPortal(parts: PortalParts): Promise<Portal> {
  const { config, log, pages = [], uiDirectory, now = () => Date.now() / 1000 } = parts;
  const directory = withPages(parts.directory, pages);
  const [main, ...others] = config.sites.map(({ origin, appsDomain }) => new Site(origin, appsDomain));
  if (!main) throw new Error("a portal has a site");
  const hosts = new Hosts(main, ...others);
  const [signOuts, members] = await Promise.all([SignOuts.load(parts.signOuts, now), Members.load(parts.members)]);
  const sessions = new Sessions(parts.keys.session, now, signOuts, members);
  const services: Services = {
    hosts,
    guildName: config.guildName,
    linkCommand: config.linkCommand,
    admins: config.admins,
    directory,
    access: accessWithPages(parts.access, pages),
    pages,
    statements: new Statements(pages, now),
    members,
    machine: new Machine(parts.machine),
    systems: parts.systems ?? new MemorySystems(),
    events: new EventFeed(parts.events),
    publications: new Publications(parts.publications ?? new MemoryPublications(), now),
    sessions,
    links: new SignInLinks(parts.keys.signIn, now, signOuts),
    leases: new Leases(now, sessions),
    upstreams: new Upstreams(),
    timeouts: { ...TIMEOUTS, ...parts.timeouts },
    errorPage: await ErrorPage.read(uiDirectory, config.guildName, hosts),
    uiDirectory,
  };
  endLeasesInTime(services, signOuts, now);
  members.onLeave((handle) => {
    log.info({ handle }, "left the guild");
    // Written down, so that their old sessions stay ended should they, or another of that name, come back.
    signOuts
      .addPerson(handle)
      .catch((error: unknown) => log.warn({ err: error, handle }, "that all sessions ended could not be written down"));
  });

  const portal = await portalApp(services, log);
  const onHosts = await workspaceApp(services, log);
  await Promise.all([portal.ready(), onHosts.ready()]);
  const behind = { portal, workspaceApp: onHosts, workspaceHost: await WorkspaceHost.create(services, log) };

  const certificate = await readCertificate(config.tlsDirectory);
  const server = gate(behind, services, certificate, log);
  const stopWatching = watchCertificate(config.tlsDirectory, {
    current: certificate,
    server,
    onRenewed: () => log.info("certificate renewed"),
    onError: (error) => log.warn({ err: error }, "certificate not readable, keeping the one in use"),
    pollMs: parts.certificatePollMs,
  });
  let stopping = false;
  const readiness = (): Readiness => (stopping ? { ready: false, reason: "stopping" } : directory.readiness());
  const health = healthServer(readiness);
  const announced = proxyProtocolServer(server);
  const published =
    config.published && (await startPublished(config.published, { ...services, directory: parts.directory }, parts));
  const tools = config.tools && (await startTools(config.tools, services, parts));
  await Promise.all([
    listen(server, config.listen),
    listen(health, config.healthListen),
    config.announcedListen && listen(announced, config.announcedListen),
  ]);
  log.info({ origins: config.sites.map(({ origin }) => origin), listen: server.address() }, "portal is up");

  const close = async (graceMs = GRACE_MS): Promise<void> => {
    stopping = true;
    stopWatching();
    const closed = [server, announced].filter(({ listening }) => listening).map((each) => once(each.close(), "close"));
    services.leases.endWhere((lease) => !lease.brief);
    server.closeIdleConnections();
    const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
    await Promise.all([...closed, published?.close(graceMs), tools?.close()]);
    clearTimeout(cutOff);
    health.close();
    health.closeAllConnections();
    await Promise.all([portal.close(), onHosts.close(), services.upstreams.close()]);
    log.info("portal is down");
  };
  return {
    address: server.address() as AddressInfo,
    announcedAddress: announced.address() as AddressInfo | null,
    publishedAddress: published?.address ?? null,
    toolsAddress: tools?.address ?? null,
    healthAddress: health.address() as AddressInfo,
    services,
    close,
  };
}

/** What runs in a session's name ends when the session does; what reaches into a workspace, when whoever opened it no longer may. */
function endLeasesInTime(services: Services, signOuts: SignOuts, now: () => number): void {
  const { sessions, leases, directory, publications } = services;
  signOuts.onChange(() => leases.endWhere(({ session }) => session !== undefined && sessions.endOf(session) <= now()));
  directory.onChange((id) => leases.endWhere((lease) => lease.workspace === id && !mayGoOn(lease, services)));
  publications.onClose(() => leases.endWhere((lease) => lease.published !== undefined && !mayGoOn(lease, services)));
}

function mayGoOn({ workspace: id, session, published }: Lease, { directory, publications }: Services): boolean {
  const workspace = id === undefined ? undefined : directory.get(id);
  if (published !== undefined) return isOpenToAll(workspace, publications.get(published));
  return workspace !== undefined && mayOpen(workspace, session?.sub);
}

async function listen(server: Server, address: { host: string; port: number }): Promise<void> {
  server.listen(address);
  await once(server, "listening");
}

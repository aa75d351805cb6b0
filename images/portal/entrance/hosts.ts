import { HOST_LABEL } from "../../pod/names.ts";
import { PortalError } from "./errors.ts";

/** Who a request is for, decided by its Host header alone. */
export type Destination = { readonly kind: "portal" } | { readonly kind: "app"; readonly label: string };

/** A portal's host and the domain of its workspaces. Comparison is exact (port included) but for letter case. */
export class Site {
  readonly origin: string;
  readonly secureTransportHeader: boolean;
  readonly #portalHost: string;
  readonly #appSuffix: string;
  readonly #port: string;

  constructor(origin: string, appsDomain: string) {
    const url = new URL(origin);
    this.origin = url.origin;
    this.#port = url.port;
    this.#portalHost = url.host;
    this.#appSuffix = `.${appsDomain.toLowerCase()}${url.port && `:${url.port}`}`;
    // HSTS covers every port of a host name: beside a portal at another port it would break unrelated programs of the same machine.
    this.secureTransportHeader =
      url.port === "" && url.hostname !== "localhost" && !url.hostname.endsWith(".localhost");
  }

  /** @returns undefined where the header names neither the portal nor a possible workspace */
  classify(host: string | undefined): Destination | undefined {
    if (!host) return undefined;
    const name = this.#withoutDefaultPort(host.toLowerCase());
    if (name === this.#portalHost) return { kind: "portal" };
    if (!name.endsWith(this.#appSuffix)) return undefined;
    const label = name.slice(0, -this.#appSuffix.length);
    return HOST_LABEL.test(label) ? { kind: "app", label } : undefined;
  }

  /** `https://<label>.<apps-domain>[:port]` */
  appOrigin(label: string): string {
    return `https://${label}${this.#appSuffix}`;
  }

  #withoutDefaultPort(host: string): string {
    return this.#port === "" && host.endsWith(":443") ? host.slice(0, -4) : host;
  }
}

/**
 * The sites this portal answers at: that of its config, and that of a mesh. A session, a
 * redirect and an Origin are always of the site that the request itself named.
 */
export class Hosts {
  readonly #sites: readonly Site[];
  /** Where whoever names no host of ours is told to go. */
  readonly main: Site;

  constructor(main: Site, ...others: readonly Site[]) {
    this.main = main;
    this.#sites = [main, ...others];
  }

  /** @returns undefined where the header names neither a portal nor a possible workspace */
  classify(host: string | undefined): Destination | undefined {
    return this.#named(host)?.classify(host);
  }

  /** The site a request is for. @throws {PortalError} 421 where its Host header names none */
  of({ headers: { host } }: { readonly headers: { readonly host?: string | undefined } }): Site {
    const site = this.#named(host);
    if (!site)
      throw new PortalError(
        421,
        "unknown_host",
        `Nothing is served under this host name. The portal is at ${this.main.origin}`,
      );
    return site;
  }

  /** The site a request is for, else the one to go to. */
  nearest({ headers: { host } }: { readonly headers: { readonly host?: string | undefined } }): Site {
    return this.#named(host) ?? this.main;
  }

  #named(host: string | undefined): Site | undefined {
    return this.#sites.find((site) => site.classify(host) !== undefined);
  }
}

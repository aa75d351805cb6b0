import { HOST_LABEL } from "./names.ts";

/** Who a request is for, decided by its Host header alone. */
export type Destination = { readonly kind: "portal" } | { readonly kind: "app"; readonly label: string };

/** The host names this portal answers at. Comparison is exact (port included) but for letter case. */
export class Hosts {
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
    // HSTS covers every port of a host name; on localhost that would break unrelated programs of the same machine.
    this.secureTransportHeader = url.hostname !== "localhost" && !url.hostname.endsWith(".localhost");
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

import { request, type RequestOptions } from "node:https";
import type { Duplex } from "node:stream";
import { connect } from "node:tls";
import { portalUrl, signInLink, trustedCertificate } from "./guildnet.ts";

export interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
  url: string;
}

/** How to connect to a host and a port of it, without TLS. */
export type Dial = (host: string, port: number) => Duplex;

/** A browser as far as HTTP goes: trusts the guild's authority alone, keeps cookies for each host, follows redirects. */
export class PortalClient {
  readonly #ca: string;
  readonly #portal: string;
  readonly #dial: Dial | undefined;
  readonly #cookies = new Map<string, Map<string, string>>();

  /**
   * @param portal its origin
   * @param dial connects it to whatever host it asks. @default to this machine's loopback, whatever the host is called
   */
  constructor(ca: string, portal: string = portalUrl, dial?: Dial) {
    this.#ca = ca;
    this.#portal = portal;
    this.#dial = dial;
  }

  /** @param stack the tests' own unless said otherwise */
  static anonymous(stack?: string, portal?: string): PortalClient {
    return new PortalClient(trustedCertificate(stack), portal);
  }

  static async signIn(person: string, stack?: string, portal?: string): Promise<PortalClient> {
    const client = PortalClient.anonymous(stack, portal);
    await client.use(await signInLink(person, stack));
    return client;
  }

  /** Uses a sign-in link up. */
  async use(link: string): Promise<void> {
    const token = new URL(link).searchParams.get("token");
    const answer = await this.send("POST", `${this.#portal}/api/sign-in`, JSON.stringify({ token }));
    if (answer.status !== 200) throw new Error(`sign-in answered ${answer.status}: ${answer.body}`);
  }

  /** Another browser that got hold of the same cookies. */
  copy(): PortalClient {
    const other = new PortalClient(this.#ca, this.#portal, this.#dial);
    for (const [host, cookies] of this.#cookies) other.#cookies.set(host, new Map(cookies));
    return other;
  }

  /** Opens a workspace as its link in the portal does. */
  async open(workspace: string): Promise<Answer> {
    return this.visit(`https://${workspace}.guildnet-apps.localhost:${new URL(this.#portal).port}/`);
  }

  /** Opens an address and whatever it leads to. */
  async visit(url: string): Promise<Answer> {
    let answer = await this.get(url);
    for (let hops = 0; hops < 10 && answer.headers.location !== undefined; hops++)
      answer = await this.get(new URL(String(answer.headers.location), answer.url).href);
    return answer;
  }

  get(url: string): Promise<Answer> {
    return this.send("GET", url);
  }

  send(method: string, url: string, body?: string): Promise<Answer> {
    const { host, hostname, port, pathname, search, origin } = new URL(url);
    const cookie = [...(this.#cookies.get(host) ?? [])].map(([name, value]) => `${name}=${value}`).join("; ");
    const kind =
      body === undefined
        ? { accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }
        : { "content-type": "application/json", "x-guildnet-request": "1", origin };
    const headers = { host, ...(cookie === "" ? {} : { cookie }), ...kind };
    return new Promise((resolve, reject) => {
      const call = request(
        { ...this.#way(hostname, Number(port || 443)), path: pathname + search, method, headers },
        (response) => {
          let text = "";
          response
            .setEncoding("utf8")
            .on("data", (part: string) => (text += part))
            .on("error", reject)
            .on("end", () => {
              this.#keep(host, response.headers["set-cookie"] ?? []);
              resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, url });
            });
        },
      );
      call.on("error", reject).end(body);
    });
  }

  #way(servername: string, port: number): RequestOptions {
    const trust = { servername, ca: this.#ca };
    const dial = this.#dial;
    return dial === undefined
      ? { ...trust, host: "127.0.0.1", port, agent: false }
      : { createConnection: () => connect({ ...trust, socket: dial(servername, port) }) };
  }

  #keep(host: string, cookies: readonly string[]): void {
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    for (const cookie of cookies) {
      const [pair = ""] = cookie.split(";");
      jar.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
    this.#cookies.set(host, jar);
  }
}

import { paths } from "./frp-settings.ts";

/** Port at Cloudflare that cloudflared connects to, over TCP or UDP. https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/configure-tunnels/tunnel-with-firewall/ */
export const CLOUDFLARE_PORT = 7844;

/**
 * cloudflared's settings, which are YAML or JSON. They count for a tunnel that is managed by its settings; one that is
 * managed at Cloudflare has its own there, and reaches no more than these for that: the end decides by the name.
 * https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/do-more-with-tunnels/local-management/configuration-file/
 */
export function cloudflaredSettings({
  hosts,
  end,
  authority,
}: {
  hosts: readonly string[];
  end: { host: string; port: number };
  /** Whether the end's certificate is of an authority of one's own. */
  authority: boolean;
}) {
  const service = `https://${end.host}:${end.port}`;
  return {
    "no-autoupdate": true,
    ingress: [
      ...hosts.map((hostname) => ({
        hostname,
        service,
        originRequest: {
          originServerName: hostname,
          ...(authority ? { caPool: `${paths.settings}/authority.crt` } : {}),
        },
      })),
      { service: "http_status:404" },
    ],
  };
}

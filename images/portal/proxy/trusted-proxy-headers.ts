/**
 * What proxies say of whom they serve: the visitor's address, the host and scheme that were asked, the method that was
 * meant, who has signed in. Ours is the first proxy, so whatever came is invented, and what believes it is misled.
 * Collected from nginx, Apache, Traefik, Envoy, oauth2-proxy, Authelia and authentik, Cloudflare, Akamai, Fastly, Fly,
 * Azure, App Engine, Tailscale, WebLogic and IIS, and from what frameworks read.
 */
const NAMES = new Set([
  "forwarded", "via", "x-forwarded", "proxy", "cdn-loop",
  "x-real-ip", "client-ip", "true-client-ip", "x-true-client-ip", "x-client-ip", "x-client-port", "x-remote-ip", "x-remote-addr", "remote-addr", "x-user-ip", "x-ip",
  "x-cluster-client-ip", "x-proxyuser-ip", "x-originating-ip", "fastly-client-ip", "fly-client-ip", "fly-forwarded-port", "wl-proxy-client-ip", "proxy-client-ip",
  "x-host", "x-host-override", "x-rewrite-url", "x-scheme", "x-url-scheme", "front-end-https", "x-front-end-https",
  "x-http-method", "x-http-method-override", "x-method-override",
  "x-ssl-cert", "ssl-client-cert", "ssl-client-verify", "x-client-cert", "x-client-verify", "client-cert", "client-cert-chain",
  "remote-user", "x-remote-user", "remote-groups", "x-remote-group", "x-remote-groups", "remote-name", "remote-email", "x-user", "x-webauth-user", "x-authenticated-user", "x-proxy-user",
]);

const PREFIXES = [
  "x-forwarded-", "x-original-", "cf-", "x-envoy-", "x-appengine-", "x-azure-", "x-arr-", "x-ssl-client-", "ssl-client-",
  "x-auth-request-", "x-authentik-", "x-vouch-", "x-goog-authenticated-user-", "x-goog-iap-", "x-amzn-oidc-", "x-ms-client-principal", "x-remote-extra-", "tailscale-",
];

/** @param name in lower case */
export function isTrustedProxyHeader(name: string): boolean {
  return NAMES.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix));
}

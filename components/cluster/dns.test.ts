import { expect, test } from "vitest";
import { corefile, DNS_POD_PORT } from "./dns.ts";

test("DNS answers for the cluster and forwards the rest, at a port that needs no privilege", () => {
  const text = corefile("cluster.local");
  expect(text).toMatch(new RegExp(`^\\.:${DNS_POD_PORT} \\{\\n`));
  expect(text).toContain("    kubernetes cluster.local in-addr.arpa ip6.arpa {\n        ttl 30\n    }\n");
  expect(text).toContain("    forward . /etc/resolv.conf\n");
  expect(DNS_POD_PORT).toBeGreaterThan(1023);
  expect(text.split("{").length).toBe(text.split("}").length);
});

import { expect, test } from "vitest";
import { nodeEnvironment } from "./environment.ts";

const networks = { serviceCidr: "10.96.0.0/16", podCidr: "10.244.0.0/16", lanCidr: "198.19.0.0/24" };

test("a node has the way out of the program that starts it, and nothing of the person's own", () => {
  expect(nodeEnvironment({ PATH: "/tools", HTTPS_PROXY: "http://proxy:3128", SSL_CERT_FILE: "/ca.pem", AWS_SECRET_ACCESS_KEY: "CANARY", HOME: "/root" }, networks)).toEqual({
    PATH: "/tools:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HTTPS_PROXY: "http://proxy:3128", SSL_CERT_FILE: "/ca.pem",
    NO_PROXY: "10.96.0.0/16,10.244.0.0/16,198.19.0.0/24", no_proxy: "10.96.0.0/16,10.244.0.0/16,198.19.0.0/24",
  });
});

test("what the machine reaches without a proxy, the node does too, whichever spelling says so", () => {
  for (const name of ["NO_PROXY", "no_proxy"]) {
    expect(nodeEnvironment({ [name]: "example.org" }, networks)).toMatchObject({ NO_PROXY: "example.org,10.96.0.0/16,10.244.0.0/16,198.19.0.0/24", no_proxy: "example.org,10.96.0.0/16,10.244.0.0/16,198.19.0.0/24" });
  }
});

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { proxyFor, proxiedFetch } from "./proxied-fetch.ts";
import { forwardProxy } from "./testing/forward-proxy.ts";

afterEach(() => void vi.unstubAllEnvs());

describe("an address is asked for", () => {
  const env = {
    https_proxy: "http://secure:3128",
    HTTP_PROXY: "http://plain:3128",
    NO_PROXY: "intern.example, .lab.example",
  };

  it.each([
    ["https://github.com/x", "http://secure:3128"],
    ["http://deb.debian.org/x", "http://plain:3128"],
    ["https://intern.example/x", undefined],
    ["https://git.intern.example/x", undefined],
    ["https://a.lab.example/x", undefined],
    ["https://notintern.example/x", "http://secure:3128"],
    ["http://127.0.0.1:5000/v2/", undefined],
    ["http://[::1]:5000/v2/", undefined],
    ["http://localhost:5000/v2/", undefined],
    ["https://registry.guildnet.localhost/v2/", undefined],
  ])("%s through %s", (url, proxy) => expect(proxyFor(url, env)).toBe(proxy));

  it("without a proxy where none is named, an empty one is, or all is an exception", () => {
    for (const none of [{}, { HTTPS_PROXY: "" }, { HTTPS_PROXY: "http://proxy:3128", no_proxy: "*" }])
      expect(proxyFor("https://github.com/x", none)).toBeUndefined();
  });
});

it("what only a proxy can reach is had through it, with the sign-in it wants, and what is here without", async () => {
  const server = createServer((_request, response) => response.end("here")).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const proxy = await forwardProxy({ "archives.example": port }, "ada:p@ss");
  vi.stubEnv("http_proxy", proxy.url.replace("//", `//ada:${encodeURIComponent("p@ss")}@`));
  expect(await (await proxiedFetch("http://archives.example/a.tar.gz")).text()).toBe("here");
  expect(proxy.asked).toEqual(["archives.example:80"]);
  expect(await (await proxiedFetch(`http://127.0.0.1:${port}/`)).text()).toBe("here");
  expect(proxy.asked).toEqual(["archives.example:80"]);
});

import { expect, it } from "vitest";
import { crateSettings, isBookworm, registrySettings } from "./machine.ts";

it("passes on where npm packages come from, and no path of this machine", () => {
  const npmrc =
    "registry=https://npm.lab/\n//npm.lab/:_authToken=secret\ncafile=/etc/ca.crt\nnodedir=/usr\n@ours:registry = https://npm.lab/ours\nyes=false\n";
  expect(registrySettings(npmrc)).toBe(
    "registry=https://npm.lab/\n//npm.lab/:_authToken=secret\n@ours:registry = https://npm.lab/ours\n",
  );
  expect(registrySettings("")).toBe("");
});

it("knows the release whose apt sources fit the base", () => {
  expect(isBookworm("ID=debian\nVERSION_CODENAME=bookworm\n")).toBe(true);
  expect(isBookworm("ID=debian\nVERSION_CODENAME=trixie\n")).toBe(false);
});

it("passes on where crates come from, and nothing of how this machine compiles", () => {
  const config =
    '[build]\nrustc-wrapper = "sccache"\n[source.crates-io]\nreplace-with = "lab"\n[source.lab]\nregistry = "sparse+https://crates.lab/"\n[target.x86_64-unknown-linux-gnu]\nlinker = "mold"\n[http]\nmultiplexing = false\n';
  expect(crateSettings(config)).toBe(
    '[source.crates-io]\nreplace-with = "lab"\n[source.lab]\nregistry = "sparse+https://crates.lab/"\n[http]\nmultiplexing = false\n\n',
  );
  expect(crateSettings("")).toBe("");
});

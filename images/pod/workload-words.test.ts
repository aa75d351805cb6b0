import { expect, it } from "vitest";
import { inWords } from "./workload-words.ts";

it("puts classes into words", () =>
  expect(["MeshDns", "App", "LoadBalancer"].map(inWords)).toEqual(["mesh DNS", "app", "load balancer"]));

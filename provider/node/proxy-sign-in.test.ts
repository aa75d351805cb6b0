import { expect, test } from "vitest";
import { withCredentials } from "./proxy-sign-in.ts";

test("a password of any letters stays one", () => {
  const { username, password, host } = new URL(withCredentials("http://proxy:3128", "corp\\ada:p@:/ ss\n"));
  expect([decodeURIComponent(username), decodeURIComponent(password), host]).toEqual([
    "corp\\ada",
    "p@:/ ss",
    "proxy:3128",
  ]);
});

test("where nobody signs in, the address is as it was", () =>
  expect(withCredentials("http://proxy:3128")).toBe("http://proxy:3128"));

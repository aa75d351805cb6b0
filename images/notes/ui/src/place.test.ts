import { expect, test } from "vitest";
import { addressOf, placeOf } from "./place.ts";

test.each([
  ["/", { view: "search", vault: "guild", query: "" }],
  ["/~ada", { view: "search", vault: "~ada", query: "" }],
  ["/guild/search?q=%23plan+a", { view: "search", vault: "guild", query: "#plan a" }],
  ["/guild/graph", { view: "graph", vault: "guild", query: "" }],
  ["/guild/note/plans/%C3%9Cber%20uns%3F.md", { view: "note", vault: "guild", path: "plans/Über uns?.md" }],
  ["/guild/note/%zz.md", { view: "note", vault: "guild", path: "%zz.md" }],
] as const)("%s is a place", (address, place) => {
  const url = new URL(address, "https://notes.test");
  expect(placeOf(url)).toEqual(place);
  expect(placeOf(new URL(addressOf(place), url))).toEqual(place);
});

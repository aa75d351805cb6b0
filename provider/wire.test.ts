import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { equal, hasUnknown, isUnknown, secret, unwrap, type Plain } from "./wire.ts";

const signatureKey = "4dabf18193072939515e22adb298388d";
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const output = (fields: { [key: string]: Plain }): Plain => ({
  [signatureKey]: "d0e6a833031e9bbcd3f4e8bde6ca49a4",
  ...fields,
});

const key = fc.string().filter((text) => text !== signatureKey && text !== "__proto__");
const { plain } = fc.letrec<{ plain: Plain }>((tie) => ({
  plain: fc.oneof(
    { depthSize: "small" },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("plain")),
    fc.dictionary(key, tie("plain")),
  ),
}));
/** The same value, with wrappers around some of its parts. */
const wrapped = fc
  .tuple(plain, fc.infiniteStream(fc.nat(3)))
  .map(([value, choices]) => ({ value, wire: wrapParts(value, choices) }));

function wrapParts(value: Plain, choices: Iterator<number>): Plain {
  const inner = Array.isArray(value)
    ? value.map((item) => wrapParts(item, choices))
    : typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([name, child]) => [name, wrapParts(child, choices)]))
      : value;
  const choice = choices.next().value;
  if (choice === 1) return { [signatureKey]: "1b47061264138c4ac30d75fd1eb44270", value: inner };
  return choice === 2 ? output({ value: inner, secret: true, dependencies: ["urn:a"] }) : inner;
}

describe("unwrap", () => {
  test("gives back any value, whatever was wrapped in it", () => {
    fc.assert(
      fc.property(wrapped, ({ value, wire }) => {
        expect(unwrap(wire)).toEqual(value);
      }),
    );
  });

  test("changes nothing that has no wrappers", () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(unwrap(value)).toEqual(value);
      }),
    );
  });

  test("takes an output without a value for one that is not known", () => {
    expect(isUnknown(unwrap(output({ dependencies: [] })))).toBe(true);
  });

  test("undoes secret", () => {
    expect(secret("s3cret")).not.toBe("s3cret");
    expect(unwrap(secret("s3cret"))).toBe("s3cret");
  });
});

describe("hasUnknown", () => {
  test("finds an unknown value at any depth, and none where there is none", () => {
    fc.assert(
      fc.property(plain, fc.array(key), (value, path) => {
        expect(hasUnknown(path.reduce<Plain>((inner, name) => ({ [name]: [value, inner] }), unknown))).toBe(true);
        expect(hasUnknown(value)).toBe(false);
      }),
    );
  });
});

describe("equal", () => {
  test("holds for copies, whatever the order of their keys", () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(equal(value, reversed(value))).toBe(true);
      }),
    );
  });

  test("agrees with the values' canonical text", () => {
    fc.assert(
      fc.property(plain, plain, (a, b) => {
        expect(equal(a, b)).toBe(canonical(a) === canonical(b));
      }),
    );
  });

  test("notices one more item, key or type", () => {
    expect(equal([1], [1, 2])).toBe(false);
    expect(equal({ a: 1 }, { a: 1, b: 2 })).toBe(false);
    expect(equal({}, [])).toBe(false);
    expect(equal("1", 1)).toBe(false);
    expect(equal(0, undefined)).toBe(false);
    expect(equal("", undefined)).toBe(false);
  });

  test("takes a missing key, undefined and null for the same", () => {
    expect(equal({ a: undefined, b: null }, {})).toBe(true);
  });
});

function reversed(value: Plain): Plain {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, child]) => [name, reversed(child)]),
  );
}

function canonical(value: Plain): string {
  return JSON.stringify(value, (_name, child: Plain) =>
    typeof child === "object" && child !== null && !Array.isArray(child)
      ? Object.fromEntries(
          Object.entries(child)
            .filter(([, item]) => item !== null)
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : child,
  );
}

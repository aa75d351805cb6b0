import fc from "fast-check";

/** What must never be a request of its own. */
const HIDDEN = "GET /hidden HTTP/1.1\r\nHost: hidden\r\nX-Forwarded-For: 6.6.6.6\r\nX-Request-Id: hidden\r\n\r\n";

const CRLF = "\r\n";
/** What should be a line break mostly is one. */
const lineEnd = fc.oneof(
  { weight: 100, arbitrary: fc.constant(CRLF) },
  { weight: 1, arbitrary: fc.constantFrom("\n", "\r", "\r\r\n", "\n\r", "\r\n ") },
);
const bytes = (maxLength: number) =>
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength });
/** An exchange with one thing odd gets further than one in which all is: most parts are as they should be. */
const often = <T>(usual: T, ...odd: readonly fc.Arbitrary<T>[]) =>
  fc.oneof({ weight: 20, arbitrary: fc.constant(usual) }, ...odd.map((arbitrary) => ({ weight: 1, arbitrary })));

const method = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND") },
  { weight: 1, arbitrary: fc.constantFrom("TRACE", "CONNECT", "get", "PRI", "G ET", "") },
  { weight: 1, arbitrary: bytes(8) },
);
const target = often(
  "/x",
  fc.constantFrom("/x?y=1", "//x", "/a/../x", "/%2e%2e/x", "/x#y", "*", "x", "http://hidden/x", "hidden:80", ""),
  bytes(12).map((text) => `/${text}`),
);
const version = often(
  "HTTP/1.1",
  fc.constantFrom("HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "http/1.1", "ICY", "HTTP/1.1 ", ""),
);

const space = often("", fc.constantFrom(" ", "\t", "\x0b", "\0", "\x85"));
const codings = fc.constantFrom(
  "chunked",
  "Chunked",
  "gzip, chunked",
  "chunked, identity",
  "identity",
  "xchunked",
  '"chunked"',
  "chunked;q=1",
  "chunked,",
  "",
);
const lengths = fc.oneof(
  fc.integer({ min: -2, max: 200 }).map(String),
  fc.constantFrom("+2", "0x2", "2, 2", "2 2", "02", "1e1", "", "99999999999999999999"),
);
const connections = fc.constantFrom(
  "close",
  "keep-alive",
  "content-length",
  "transfer-encoding",
  "host, cookie",
  "Upgrade",
  "close, transfer-encoding",
  "x-forwarded-for, x-request-id",
  "",
);

const header = (name: fc.Arbitrary<string>, value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(name, space, space, value, space, lineEnd)
    .map(([first, before, after, second, behind, end]) => `${first}${before}: ${after}${second}${behind}${end}`);
const framingHeader = fc.oneof(
  header(
    fc.constantFrom("Transfer-Encoding", "transfer-encoding", "Transfer_Encoding", "Transfer-Encoding\0"),
    codings,
  ),
  header(fc.constantFrom("Content-Length", "content-length", "Content_Length", "Content-length "), lengths),
  header(fc.constant("Connection"), connections),
);
const otherHeader = fc.oneof(
  {
    weight: 12,
    arbitrary: header(
      fc.constantFrom(
        "X-A",
        "Cookie",
        "X_Forwarded_For",
        "X-Forwarded-For",
        "Expect",
        "Upgrade",
        "TE",
        "Trailer",
        "Authorization",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
      ),
      fc.oneof(
        fc.constantFrom("1", "6.6.6.6", "100-continue", "websocket", "h2c", "hidden", "__Host-guildnet-app=1"),
        fc.string({ maxLength: 10 }),
      ),
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom(" folded\r\n", "no header\r\n", ": 1\r\n", "\r\n") },
);

const chunk = fc
  .tuple(
    bytes(6),
    fc.oneof(
      { weight: 8, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom("0x2", "-1", "2;a=b", "2 ", " 2", "g", "ffffffffffffffff1", "") },
    ),
    lineEnd,
    lineEnd,
  )
  .map(([data, size, first, second]) => `${size ?? data.length.toString(16)}${first}${data}${second}`);
const chunks = fc
  .tuple(
    fc.array(chunk, { maxLength: 3 }),
    often("0\r\n\r\n", fc.constantFrom("0\r\nX-Trailer: 1\r\n\r\n", "0\r\n", "00\r\n\r\n", "0\n\n", "")),
  )
  .map(([all, last]) => all.join("") + last);

/** How a body's end is told: rightly, wrongly, twice, or not at all. */
const framed: fc.Arbitrary<{ readonly headers: string; readonly body: string }> = fc.oneof(
  fc.constant({ headers: "", body: "" }),
  fc.oneof(bytes(20), fc.constant(HIDDEN)).map((body) => ({ headers: `Content-Length: ${body.length}${CRLF}`, body })),
  chunks.map((body) => ({ headers: `Transfer-Encoding: chunked${CRLF}`, body })),
  fc
    .tuple(
      fc.array(framingHeader, { minLength: 1, maxLength: 3 }),
      fc.oneof(
        bytes(20),
        chunks,
        fc.constant(HIDDEN),
        chunks.map((all) => all + HIDDEN),
      ),
    )
    .map(([headers, body]) => ({ headers: headers.join(""), body })),
);

/** Now and then a piece of the whole is missing, comes twice, or is something else. */
function damaged(whole: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const damage = fc
    .tuple(
      whole,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 0, max: 8 }),
      fc.oneof(bytes(4), fc.constantFrom("\r\n", "\r\n\r\n", HIDDEN)),
    )
    .map(([text, where, length, piece]) => {
      const at = Math.floor(where * text.length);
      return text.slice(0, at) + piece + text.slice(at + length);
    });
  return fc.oneof({ weight: 5, arbitrary: whole }, { weight: 1, arbitrary: damage });
}

/** One to three requests at once, as a client may send them that means no good. All text is bytes, one letter each. */
export function oddRequests(host: string): fc.Arbitrary<string> {
  const request = fc
    .tuple(method, target, version, lineEnd, fc.array(otherHeader, { maxLength: 3 }), framed, lineEnd)
    .map(
      ([verb, path, protocol, end, headers, { headers: framing, body }, last]) =>
        `${verb} ${path} ${protocol}${end}Host: ${host}${CRLF}${headers.join("")}${framing}${last}${body}`,
    );
  return damaged(fc.array(request, { minLength: 1, maxLength: 3 }).map((all) => all.join("")));
}

const status = often(
  "200",
  fc.integer({ min: 0, max: 1100 }).map(String),
  fc.constantFrom("100", "101", "103", "204", "304", "099", "20", "2000", "-1", "abc"),
);

/** What a workspace may answer that means no good, or is broken. */
export const oddAnswer: fc.Arbitrary<string> = damaged(
  fc
    .tuple(
      version,
      status,
      often("OK", bytes(6)),
      lineEnd,
      fc.array(
        fc.oneof(
          framingHeader,
          otherHeader,
          header(
            fc.constantFrom("Set-Cookie", "Location", "X-Long"),
            fc.oneof(fc.string({ maxLength: 10 }), fc.constant("x".repeat(40_000))),
          ),
        ),
        { maxLength: 3 },
      ),
      framed,
      lineEnd,
      often("", fc.constant(`HTTP/1.1 200 OK${CRLF}Content-Length: 6${CRLF}${CRLF}poison`)),
    )
    .map(
      ([protocol, code, reason, end, headers, { headers: framing, body }, last, surplus]) =>
        `${protocol} ${code} ${reason}${end}${headers.join("")}${framing}${last}${body}${surplus}`,
    ),
);

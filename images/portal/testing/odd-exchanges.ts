/** An exchange that two programs may understand differently. All text is bytes, one letter each. */
export interface OddExchange {
  readonly name: string;
  /** What the visitor sends; `{host}` is the app's host name. */
  readonly request: string;
  /** What the app answers, before it closes. @default an ordinary answer */
  readonly answer?: string;
  /** Headers whose values, as the app sees them, matter here. */
  readonly shows?: readonly string[];
  /** Neither side says more, and it may be that nobody closes. */
  readonly mayWait?: boolean;
}

export interface Group {
  readonly title: string;
  readonly exchanges: readonly OddExchange[];
  /** Why the portal does something else than nginx, by the exchange's name. */
  readonly differences: Readonly<Record<string, string>>;
}

const NODES_WORD = "Node's parser says 400 to what it can't read; refused either way.";
const AMBIGUOUS = "What programs read differently is refused, not repaired.";
const UNREADABLE = "No HTTP/1.1, or one that is read in two ways: the portal says so instead of passing it on.";
const AS_IT_CAME = "A target goes to the app byte for byte; it names a path there and nothing else.";
const STREAMS = "The portal passes a body on as it comes; nginx keeps it until it is whole.";
const ONE_HOST = "The Host header alone says who is asked, and it must be exactly a name of ours.";
const ROOM = "Heads may be longer here, so that who has too many cookies can be told so.";

type More = Omit<OddExchange, "name" | "request">;

/** A whole head that asks for the connection to be closed, then whatever follows. */
const ask = (name: string, line: string, headers: readonly string[], rest = "", more: More = {}): OddExchange => ({
  name,
  request: [line, "Host: {host}", "Connection: close", ...headers, "", rest].join("\r\n"),
  ...more,
});
const post = (name: string, headers: readonly string[], body: string, more: More = {}): OddExchange =>
  ask(name, "POST /x HTTP/1.1", headers, body, more);
const get = (name: string, target: string, headers: readonly string[] = [], more: More = {}): OddExchange =>
  ask(name, `GET ${target} HTTP/1.1`, headers, "", more);
const raw = (name: string, request: string, more: More = {}): OddExchange => ({ name, request, ...more });
const answered = (name: string, answer: string, more: Omit<More, "answer"> = {}): OddExchange =>
  get(name, "/answer", [], { answer, ...more });

const HIDDEN = "GET /hidden HTTP/1.1\r\nHost: other\r\n\r\n";
const FIRST = "GET /first HTTP/1.1\r\nHost: {host}\r\n\r\n";
const CHUNKED = "Transfer-Encoding: chunked";
const CHUNKS = "2\r\nok\r\n0\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\n";

export const ODD_EXCHANGES: readonly Group[] = [
  {
    title: "Two opinions on where a body ends",
    exchanges: [
      post("two lengths that differ", ["Content-Length: 2", "Content-Length: 3"], "ok"),
      post("two lengths that agree", ["Content-Length: 2", "Content-Length: 2"], "ok"),
      post("a list of lengths", ["Content-Length: 2, 2"], "ok"),
      post("a length with a plus", ["Content-Length: +2"], "ok"),
      post("a negative length", ["Content-Length: -2"], "ok"),
      post("a hexadecimal length", ["Content-Length: 0x2"], "ok"),
      post("a length with leading zeros", ["Content-Length: 002"], "ok"),
      post("a length with a space in it", ["Content-Length: 0 2"], "ok"),
      post("an empty length", ["Content-Length:"], ""),
      post("a length beyond 64 bits", ["Content-Length: 99999999999999999999"], "ok"),
      post("a length and chunks", ["Content-Length: 2", CHUNKED], CHUNKS),
      post("chunks and a length", [CHUNKED, "Content-Length: 2"], CHUNKS),
      post("a coding after chunked", ["Transfer-Encoding: chunked, identity"], CHUNKS),
      post("a coding before chunked", ["Transfer-Encoding: gzip, chunked"], CHUNKS),
      post("identity before chunked", ["Transfer-Encoding: identity, chunked"], CHUNKS),
      post("identity alone, with a length", ["Transfer-Encoding: identity", "Content-Length: 2"], "ok"),
      post("a coding that is none", ["Transfer-Encoding: xchunked"], CHUNKS),
      post("chunked twice", ["Transfer-Encoding: chunked, chunked"], CHUNKS),
      post("two headers of chunked", [CHUNKED, CHUNKED], CHUNKS),
      post("chunked, then another header of identity", [CHUNKED, "Transfer-Encoding: identity"], CHUNKS),
      post("chunked in other letters", ["Transfer-Encoding: ChUnKeD"], CHUNKS),
      post("chunked with spaces and tabs around", ["Transfer-Encoding: \t chunked \t"], CHUNKS),
      post("chunked with a vertical tab", ["Transfer-Encoding: \x0bchunked"], CHUNKS),
      post("chunked in quotes", ['Transfer-Encoding: "chunked"'], CHUNKS),
      post("a space before the colon of the coding", ["Transfer-Encoding : chunked"], CHUNKS),
      post("a coding on a line of its own", ["Transfer-Encoding:", " chunked"], CHUNKS),
      post("a coding with an underscore, and a length", ["Transfer_Encoding: chunked", "Content-Length: 2"], "ok"),
      post("a length with an underscore, and chunks", ["Content_Length: 99", CHUNKED], CHUNKS, {
        shows: ["content_length"],
      }),
      ask("chunks in HTTP/1.0", "POST /x HTTP/1.0", [CHUNKED], CHUNKS),
      ask(
        "a length that Connection names",
        "GET /x HTTP/1.1",
        ["Connection: content-length", `Content-Length: ${HIDDEN.length}`],
        HIDDEN,
      ),
      ask("chunks that Connection names", "DELETE /x HTTP/1.1", ["Connection: transfer-encoding", CHUNKED], CHUNKS),
      ask("a body with GET", "GET /x HTTP/1.1", ["Content-Length: 2"], "ok"),
      ask("chunks with GET", "GET /x HTTP/1.1", [CHUNKED], CHUNKS),
      ask("a body with HEAD", "HEAD /x HTTP/1.1", ["Content-Length: 2"], "ok"),
      ask("a body with OPTIONS", "OPTIONS /x HTTP/1.1", ["Content-Length: 2"], "ok"),
      ask("a whole request as the body of GET", "GET /x HTTP/1.1", [`Content-Length: ${HIDDEN.length}`], HIDDEN),
      post("neither length nor chunks, but bytes", [], "no request of any kind\r\n\r\n"),
      raw(
        "more bytes than the length says",
        "POST /x HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n\r\nok and more\r\n\r\n",
      ),
      post("fewer bytes than the length says, then nothing", ["Content-Length: 9"], "ok", { mayWait: true }),
    ],
    differences: {
      "a coding after chunked": NODES_WORD,
      "identity alone, with a length": NODES_WORD,
      "chunked twice": NODES_WORD,
      "chunked with spaces and tabs around": NODES_WORD,
      "chunked with a vertical tab": NODES_WORD,
      "fewer bytes than the length says, then nothing": STREAMS,
    },
  },
  {
    title: "Chunks",
    exchanges: [
      post("an extension", [CHUNKED], "2;a=b\r\nok\r\n0\r\n\r\n"),
      post("an extension in quotes with a line break", [CHUNKED], '2;a="\r\nok\r\n0\r\n\r\n"\r\nok\r\n0\r\n\r\n'),
      post("an extension that ends with a bare line feed", [CHUNKED], "2;a\nok\r\n0\r\n\r\n"),
      post("an extension of 20 KiB", [CHUNKED], `2;${"a".repeat(20_480)}\r\nok\r\n0\r\n\r\n`),
      post("spaces after the size", [CHUNKED], "2 \r\nok\r\n0\r\n\r\n"),
      post("spaces before the size", [CHUNKED], " 2\r\nok\r\n0\r\n\r\n"),
      post("a size with 0x", [CHUNKED], "0x2\r\nok\r\n0\r\n\r\n"),
      post("a size with a plus", [CHUNKED], "+2\r\nok\r\n0\r\n\r\n"),
      post("a negative size", [CHUNKED], "-2\r\nok\r\n0\r\n\r\n"),
      post("a size beyond 64 bits", [CHUNKED], "10000000000000002\r\nok\r\n0\r\n\r\n"),
      post("a size with leading zeros", [CHUNKED], "0002\r\nok\r\n000\r\n\r\n"),
      post("no size", [CHUNKED], "\r\nok\r\n0\r\n\r\n"),
      post("a size that ends with a bare line feed", [CHUNKED], "2\nok\r\n0\r\n\r\n"),
      post("a size that ends with a bare carriage return", [CHUNKED], "2\rok\r\n0\r\n\r\n"),
      post("more bytes than the size says", [CHUNKED], "2\r\nokay\r\n0\r\n\r\n"),
      post("bare line feeds after the bytes", [CHUNKED], "2\r\nok\n0\n\n"),
      post("trailers", [CHUNKED], "2\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n", { shows: ["x-trailer"] }),
      post(
        "trailers that frame",
        [CHUNKED, "Trailer: Content-Length"],
        "2\r\nok\r\n0\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n",
      ),
      post("a trailer that is no header", [CHUNKED], "2\r\nok\r\n0\r\nno header\r\n\r\n"),
      post("no last chunk", [CHUNKED], "2\r\nok\r\n", { mayWait: true }),
      post("a request behind the last chunk", [CHUNKED], `${CHUNKS}${HIDDEN}`),
    ],
    differences: {
      "an extension in quotes with a line break": AMBIGUOUS,
      "an extension that ends with a bare line feed": AMBIGUOUS,
      "an extension of 20 KiB": "Nobody has a use for extensions; Node bounds what they may cost.",
      "spaces after the size": AMBIGUOUS,
      "a size that ends with a bare line feed": AMBIGUOUS,
      "more bytes than the size says": STREAMS,
      "bare line feeds after the bytes": AMBIGUOUS,
      "trailers that frame": AMBIGUOUS,
      "a trailer that is no header": AMBIGUOUS,
      "no last chunk": STREAMS,
    },
  },
  {
    title: "The request line",
    exchanges: [
      get("an absolute target of this host", "http://{host}/x"),
      get("an absolute target of another host", "http://169.254.169.254/latest"),
      get("an absolute target of another scheme", "ftp://{host}/x"),
      ask("an asterisk", "OPTIONS * HTTP/1.1", []),
      get("an asterisk with GET", "*"),
      ask("CONNECT", "CONNECT 169.254.169.254:80 HTTP/1.1", [], "", { mayWait: true }),
      get("a host and port as target", "169.254.169.254:80"),
      get("no slash at the beginning", "x"),
      get("a question mark alone", "?x"),
      get("two slashes", "//other/x"),
      get("dots", "/a/../../x"),
      get("encoded dots", "/a/%2e%2e/%2E%2e/x"),
      get("an encoded slash", "/a%2fb"),
      get("an encoded NUL", "/a%00b"),
      get("a broken escape", "/a%zz%2"),
      get("an encoded line break", "/a%0d%0aX-Injected:%201"),
      get("a fragment", "/x#y"),
      get("a backslash", "/a\\b"),
      get("letters beyond ASCII", "/\xc3\xa9"),
      get("a byte that is no letter", "/\xff"),
      get("a NUL", "/a\x00b"),
      get("a delete character", "/a\x7fb"),
      get("a space", "/a b"),
      ask("two spaces", "GET  /x HTTP/1.1", []),
      ask("a tab", "GET\t/x HTTP/1.1", []),
      ask("a space at the end", "GET /x HTTP/1.1 ", []),
      raw("empty lines before it", "\r\n\r\nGET /x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
      ask("a method in lower case", "get /x HTTP/1.1", []),
      ask("a method that nobody knows", "BREW /x HTTP/1.1", []),
      ask("a method with an underscore", "GET_IT /x HTTP/1.1", []),
      ask("TRACE", "TRACE /x HTTP/1.1", []),
      ask("PROPFIND", "PROPFIND /x HTTP/1.1", []),
      raw("HTTP/0.9", "GET /x\r\n", { mayWait: true }),
      ask("HTTP/1.0", "GET /x HTTP/1.0", []),
      ask("HTTP/1.2", "GET /x HTTP/1.2", []),
      ask("HTTP/1.10", "GET /x HTTP/1.10", []),
      ask("HTTP/2.0", "GET /x HTTP/2.0", []),
      raw("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
      ask("another protocol's name", "GET /x ICY/1.0", []),
      get("a target of 6000 bytes", `/${"x".repeat(6_000)}`),
      get("a target of 60 000 bytes", `/${"x".repeat(60_000)}`),
      raw("a TLS handshake inside", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1"),
    ],
    differences: {
      "an absolute target of this host": ONE_HOST,
      "an absolute target of another host": ONE_HOST,
      "an absolute target of another scheme": ONE_HOST,
      dots: AS_IT_CAME,
      "encoded dots": AS_IT_CAME,
      "an encoded NUL": AS_IT_CAME,
      "a broken escape": AS_IT_CAME,
      "letters beyond ASCII": "Refused here, and not first by the app.",
      "a byte that is no letter": "Refused here, and not first by the app.",
      "a space at the end": AMBIGUOUS,
      "a method that nobody knows": "Refused here, and not first by the app.",
      "a method with an underscore": "Refused here, and not first by the app.",
      "HTTP/0.9": "It looks like the beginning of a head, whose end is waited for; for half a minute.",
      "HTTP/1.2": "There is no such version, so that nobody knows what it means.",
      "HTTP/1.10": "There is no such version, so that nobody knows what it means.",
      "a target of 60 000 bytes": ROOM,
    },
  },
  {
    title: "Headers",
    exchanges: [
      raw("no Host", "GET /x HTTP/1.1\r\nConnection: close\r\n\r\n"),
      raw("no Host in HTTP/1.0", "GET /x HTTP/1.0\r\n\r\n"),
      raw("an empty Host", "GET /x HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n"),
      get("two Hosts", "/x", ["Host: {host}"]),
      get("two Hosts that differ", "/x", ["Host: other"]),
      raw("a Host with a path", "GET /x HTTP/1.1\r\nHost: {host}/x\r\nConnection: close\r\n\r\n"),
      raw("a Host with somebody's name", "GET /x HTTP/1.1\r\nHost: ada@{host}\r\nConnection: close\r\n\r\n"),
      raw("two Hosts in one", "GET /x HTTP/1.1\r\nHost: {host}, other\r\nConnection: close\r\n\r\n"),
      raw("a space before the colon of Host", "GET /x HTTP/1.1\r\nHost : {host}\r\nConnection: close\r\n\r\n"),
      get("a line without a colon", "/x", ["no header"]),
      get("a header without a name", "/x", [": 1"]),
      get("a space in a name", "/x", ["X Y: 1"]),
      get("a space before the colon", "/x", ["X-A : 1"]),
      get("a folded value", "/x", ["X-A: 1", " 2"], { shows: ["x-a"] }),
      get("a space before the first header", "/x", [" X-A: 1"]),
      raw("a folded line right after the first", "GET /x HTTP/1.1\r\n Host: {host}\r\nConnection: close\r\n\r\n"),
      get("a NUL in a value", "/x", ["X-A: 1\x002"], { shows: ["x-a"] }),
      get("a bare carriage return in a value", "/x", ["X-A: 1\r2"], { shows: ["x-a"] }),
      get("a bare line feed in a value", "/x", ["X-A: 1\nX-B: 2"], { shows: ["x-a", "x-b"] }),
      get("a control character in a value", "/x", ["X-A: 1\x012"], { shows: ["x-a"] }),
      get("letters beyond ASCII in a value", "/x", ["X-A: \xe9\xff"], { shows: ["x-a"] }),
      get("letters beyond ASCII in a name", "/x", ["X-\xe9: 1"]),
      raw("bare line feeds throughout", "GET /x HTTP/1.1\nHost: {host}\nConnection: close\n\n"),
      raw("a bare line feed at the end of the head", "GET /x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\n"),
      get("12 KiB in one header", "/x", [`X-A: ${"x".repeat(12_288)}`]),
      get("40 KiB in one header", "/x", [`X-A: ${"x".repeat(40_960)}`]),
      get("200 KiB in one header", "/x", [`X-A: ${"x".repeat(204_800)}`]),
      get(
        "a thousand headers",
        "/x",
        Array.from({ length: 1000 }, (_one, index) => `X-${index}: 1`),
      ),
      get("a name with underscores", "/x", ["X_Forwarded_For: 9.9.9.9"], { shows: ["x_forwarded_for"] }),
      get(
        "addresses that the visitor claims",
        "/x",
        ["X-Forwarded-For: 9.9.9.9", "X-Real-IP: 9.9.9.9", "CF-Connecting-IP: 9.9.9.9", "Forwarded: for=9.9.9.9"],
        { shows: ["x-forwarded-for", "x-real-ip", "cf-connecting-ip", "forwarded"] },
      ),
      get("headers that Connection names", "/x", ["Connection: x-a, host, cookie", "X-A: 1", "Cookie: a=1"], {
        shows: ["x-a", "cookie"],
      }),
      get(
        "headers of one hop",
        "/x",
        ["TE: trailers", "Keep-Alive: timeout=9", "Proxy-Connection: keep-alive", "Proxy-Authorization: Basic x"],
        { shows: ["te", "keep-alive", "proxy-connection", "proxy-authorization"] },
      ),
      get("two of Cookie", "/x", ["Cookie: a=1", "Cookie: b=2"], { shows: ["cookie"] }),
      get("two of Authorization", "/x", ["Authorization: Basic a", "Authorization: Basic b"], {
        shows: ["authorization"],
      }),
      post("Expect: 100-continue", ["Expect: 100-continue", "Content-Length: 2"], "ok", { shows: ["expect"] }),
      post("Expect: something else", ["Expect: the-unexpected", "Content-Length: 2"], "ok", { shows: ["expect"] }),
      get(
        "an upgrade to HTTP/2",
        "/x",
        ["Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQAAP__"],
        { shows: ["upgrade", "http2-settings"] },
      ),
      get("an upgrade to two protocols", "/x", ["Upgrade: websocket, h2c", "Connection: Upgrade"], {
        shows: ["upgrade"],
      }),
      ask(
        "an upgrade with a body",
        "GET /x HTTP/1.1",
        ["Upgrade: websocket", "Connection: Upgrade", `Content-Length: ${HIDDEN.length}`],
        HIDDEN,
        { shows: ["upgrade"] },
      ),
      get("Upgrade that Connection doesn't name", "/x", ["Upgrade: websocket"], { shows: ["upgrade"] }),
    ],
    differences: {
      "an empty Host": ONE_HOST,
      "a Host with a path": ONE_HOST,
      "a Host with somebody's name": ONE_HOST,
      "two Hosts in one": ONE_HOST,
      "a bare line feed in a value": AMBIGUOUS,
      "a control character in a value": "Refused here, and not first by the app.",
      "letters beyond ASCII in a name": AMBIGUOUS,
      "bare line feeds throughout": AMBIGUOUS,
      "a bare line feed at the end of the head": AMBIGUOUS,
      "12 KiB in one header": ROOM,
      "40 KiB in one header": ROOM,
      "200 KiB in one header":
        "More than 128 KiB are answered with a page that has the browser delete its cookies, which it most likely is.",
      "a thousand headers": ROOM,
      "addresses that the visitor claims": "No proxy stands before the portal, so that all such claims are invented.",
      "headers that Connection names":
        "They are for one hop alone (RFC 9110, section 7.6.1), but for those that frame, route or authenticate.",
      "headers of one hop": "They are for one hop alone (RFC 9110, section 7.6.1).",
      "two of Authorization": "The app's own affair: both reach it, and Node's takes the first.",
      "Expect: something else": "An expectation that nobody can meet is a 417 (RFC 9110, section 10.1.1).",
      "an upgrade to HTTP/2": "WebSocket is all that is upgraded to.",
      "an upgrade to two protocols": "WebSocket is all that is upgraded to.",
      "an upgrade with a body": "Behind such a head the body would be taken for what the new protocol says.",
    },
  },
  {
    title: "Several requests on one connection",
    exchanges: [
      raw("two at once", `${FIRST}GET /x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n`),
      raw("the second is for another host", `${FIRST}GET /x HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n`),
      raw("the second is no request", `${FIRST}no request\r\n\r\n`),
      raw(
        "a body, then another request",
        "POST /x HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n\r\nokGET /y HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n",
      ),
      raw(
        "a line break more than there should be between them",
        "POST /x HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n\r\nok\r\nGET /y HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n",
      ),
      raw("another after one that closes", `GET /x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n${HIDDEN}`),
      raw("another after HTTP/1.0", `GET /x HTTP/1.0\r\nHost: {host}\r\n\r\n${HIDDEN}`),
      raw("a head that doesn't end", "GET /x HTTP/1.1\r\nHost: {host}\r\nX-A: ", { mayWait: true }),
    ],
    differences: {
      "the second is for another host": ONE_HOST,
    },
  },
  {
    title: "Answers",
    exchanges: [
      answered("no reason", "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok"),
      answered("not even a space for the reason", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"),
      answered("control characters in the reason", "HTTP/1.1 200 O\xff\x01K\r\nContent-Length: 2\r\n\r\nok"),
      answered("a status below 100", "HTTP/1.1 099 x\r\nContent-Length: 2\r\n\r\nok"),
      answered("a status above 599", "HTTP/1.1 999 x\r\nContent-Length: 2\r\n\r\nok"),
      answered("a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok"),
      answered("a status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok"),
      answered("HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nok"),
      answered("HTTP/2.0", "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok"),
      answered("HTTP/1.0 with chunks", `HTTP/1.0 200 OK\r\n${CHUNKED}\r\n\r\n${CHUNKS}`),
      answered("no length: until it closes", `${OK}\r\nok`),
      answered("nothing", ""),
      answered("no HTTP", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
      answered("a page without a head", "<html>hello</html>\n"),
      answered("half a head", `${OK}Content-Le`),
      answered("bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"),
      answered("two lengths that differ", `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok`),
      answered("two lengths that agree", `${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`),
      answered("a negative length", `${OK}Content-Length: -2\r\n\r\nok`),
      answered("a length and chunks", `${OK}Content-Length: 2\r\n${CHUNKED}\r\n\r\n${CHUNKS}`),
      answered("a coding before chunked", `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n${CHUNKS}`),
      answered("identity before chunked", `${OK}Transfer-Encoding: identity, chunked\r\n\r\n${CHUNKS}`),
      answered("a coding alone", `${OK}Transfer-Encoding: gzip\r\n\r\nok`),
      answered("a broken chunk size", `${OK}${CHUNKED}\r\n\r\nzz\r\nok\r\n0\r\n\r\n`),
      answered("no last chunk", `${OK}${CHUNKED}\r\n\r\n2\r\nok\r\n`),
      answered("trailers", `${OK}${CHUNKED}\r\n\r\n2\r\nok\r\n0\r\nSet-Cookie: a=1\r\n\r\n`),
      answered("fewer bytes than the length says", `${OK}Content-Length: 9\r\n\r\nok`),
      answered("more bytes than the length says", `${OK}Content-Length: 2\r\n\r\nok and more`),
      answered("two answers", `${OK}Content-Length: 2\r\n\r\nok${OK}Content-Length: 3\r\n\r\nbad`),
      answered("a body with 204", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok"),
      answered("a body with 304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok"),
      ask("a body to HEAD", "HEAD /answer HTTP/1.1", [], "", { answer: `${OK}Content-Length: 2\r\n\r\nok` }),
      answered(
        "101 that nobody asked for",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      ),
      answered("101 without a protocol", "HTTP/1.1 101 Switching Protocols\r\n\r\n"),
      answered("103 before it", `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`),
      answered("100 before it", `HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`),
      answered("a NUL in a header", `${OK}X-A: 1\x002\r\nContent-Length: 2\r\n\r\nok`),
      answered("a folded header", `${OK}X-A: 1\r\n 2\r\nContent-Length: 2\r\n\r\nok`),
      answered("a line without a colon", `${OK}no header\r\nContent-Length: 2\r\n\r\nok`),
      answered("a space before a colon", `${OK}Content-Length : 2\r\n\r\nok`),
      answered("20 KiB of headers", `${OK}Link: ${"x".repeat(20_480)}\r\nContent-Length: 2\r\n\r\nok`),
      answered("200 KiB of headers", `${OK}Link: ${"x".repeat(204_800)}\r\nContent-Length: 2\r\n\r\nok`),
      answered("300 KiB of headers", `${OK}Link: ${"x".repeat(307_200)}\r\nContent-Length: 2\r\n\r\nok`),
      post("an answer before the body has come", ["Content-Length: 9"], "ok", {
        answer: `${OK}Content-Length: 5\r\n\r\nearly`,
        mayWait: true,
      }),
    ],
    differences: {
      "a status below 100": UNREADABLE,
      "a status above 599": UNREADABLE,
      "a status of two digits": UNREADABLE,
      "a status of four digits": UNREADABLE,
      nothing: "A kept connection may close as it is used again: what has no effect is asked once more.",
      "no HTTP": UNREADABLE,
      "a page without a head": UNREADABLE,
      "half a head": "A kept connection may close as it is used again: what has no effect is asked once more.",
      "bare line feeds": UNREADABLE,
      "two lengths that differ": UNREADABLE,
      "two lengths that agree": UNREADABLE,
      "a negative length": UNREADABLE,
      "a length and chunks": UNREADABLE,
      "a coding before chunked": UNREADABLE,
      "identity before chunked": UNREADABLE,
      "a coding alone": UNREADABLE,
      "a broken chunk size":
        "The head goes out at once, for streams that have nothing to say yet; then the answer is cut off, and the visitor sees that it is not whole.",
      "101 that nobody asked for": UNREADABLE,
      "101 without a protocol": UNREADABLE,
      "103 before it": "Hints are between the app and the portal; nginx takes them for the answer.",
      "100 before it":
        "The portal asks for no such go-ahead; undici takes one for a broken answer, nginx for the answer.",
      "20 KiB of headers": "Browsers take 256 KiB, and so does the portal.",
      "200 KiB of headers": "Browsers take 256 KiB, and so does the portal.",
      "an answer before the body has come": STREAMS,
    },
  },
];

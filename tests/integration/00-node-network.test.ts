import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { API, BEYOND, Miniature, PUBLIC } from "../support/miniature/miniature.ts";

const soon = { timeout: 10_000, interval: 50 };
/** What the node asks for names. */
const RESOLVER = "198.18.0.53";

/** Answers twelve bytes and more with the same, and a letter of its own; over TCP too. Says when it listens. */
const NAME_SERVER = `
const [address, letter] = process.argv.slice(1);
const udp = require("node:dgram").createSocket(address.includes(":") ? "udp6" : "udp4");
udp.on("message", (question, { port, address: from }) => udp.send(Buffer.concat([question, Buffer.from(letter)]), port, from));
const tcp = require("node:net").createServer((client) => client.on("data", (question) => client.end(Buffer.concat([question, Buffer.from(letter)]))));
udp.bind(53, address, () => tcp.listen(53, address, () => console.log("listens")));
`;

/** Asks once and prints what came beside the question. */
const CLIENT = `
const [address, way] = process.argv.slice(1);
const question = Buffer.from("0123456789ab");
const print = (answer) => { console.log(answer.subarray(question.length).toString()); process.exit(); };
if (way === "tcp") require("node:net").connect(53, address, function () { this.write(question); }).on("data", print);
else require("node:dgram").createSocket("udp4").on("message", print).send(question, 53, address);
`;

describe("a node's network", () => {
  let machine: Miniature;
  beforeAll(async () => {
    machine = await Miniature.start(["169.254.169.254"]);
    // A cloud's name server is where its metadata are.
    await machine.onMachine("ip", "address", "add", "169.254.169.254/32", "dev", "lo");
  });
  afterAll(() => machine.end());

  test("publishes the API server's port, and hands connections on as they are", async () => {
    const server = machine.inNode("socat", "TCP-LISTEN:6443,bind=127.0.0.1,reuseaddr", "SYSTEM:cat");
    await vi.waitFor(async () => {
      expect(
        (
          await machine.onMachine(
            "bash",
            "-c",
            `exec 3<>/dev/tcp/${API.host}/${API.port}; echo hello >&3; head -n 1 <&3`,
          )
        ).stdout,
      ).toBe("hello");
    }, soon);
    await server;
  });

  test.each(["TCP", "UDP"])(
    "reaches nothing of the machine that it is on by %s, at addresses that came later neither",
    async (protocol) => {
      const listener = machine.onMachine(
        "socat",
        "-u",
        protocol === "TCP" ? "TCP-LISTEN:5000,fork,reuseaddr" : "UDP-RECV:5000",
        "STDOUT",
      );
      let heard = "";
      listener.stdout.on("data", (data) => (heard += data));
      await vi.waitFor(async () => expect((await machine.onMachine("ss", "-Hlntu")).stdout).toContain(":5000"), soon);
      const send = (from: "onMachine" | "inNode", address: string) =>
        machine[from]("bash", "-c", `echo ${from} | socat -u - ${protocol}:${address}:5000,connect-timeout=1`);
      const own = async (): Promise<string> =>
        (await machine.inNode("nft", "list", "set", "ip", "machine", "own")).stdout;

      await send("inNode", PUBLIC);
      await machine.onMachine("ip", "address", "add", "203.0.113.7/32", "dev", "lo");
      await vi.waitFor(async () => expect(await own()).toContain("203.0.113.7"), soon);
      await send("inNode", "203.0.113.7");
      await machine.onMachine("ip", "address", "del", "203.0.113.7/32", "dev", "lo");
      await vi.waitFor(async () => expect(await own()).not.toContain("203.0.113.7"), soon);
      // What was sent last is heard last.
      await send("onMachine", PUBLIC);
      await vi.waitFor(() => expect(heard).toBe("onMachine\n"), soon);
      listener.kill();
    },
  );

  test.each(["TCP", "UDP"])("reaches other machines by %s, and hears them", async (protocol) => {
    const server = machine.beyond("socat", `${protocol}-LISTEN:5001,reuseaddr`, "EXEC:cat");
    await vi.waitFor(async () => expect((await machine.beyond("ss", "-Hlntu")).stdout).toContain(":5001"), soon);
    expect(
      (
        await machine.inNode(
          "bash",
          "-c",
          `exec 3<>/dev/${protocol.toLowerCase()}/${BEYOND}/5001; echo hello >&3; head -n 1 <&3`,
        )
      ).stdout,
    ).toBe("hello");
    server.kill();
  });

  describe("asks for names", () => {
    /** A name server of the machine's network that answers every question with its own question back, and a letter more. */
    const serve = async (address: string, letter: string) => {
      const server = machine.onMachine(process.execPath, "--eval", NAME_SERVER, address, letter);
      await new Promise((settle) => server.stdout.once("data", settle));
      return { end: () => server.kill() };
    };

    test("whom the machine asks, beside a cloud's metadata and at an address of the machine's own", async () => {
      const server = await serve("169.254.169.254", "a");
      expect(await ask("udp")).toBe("a");
      expect(await ask("tcp")).toBe("a");
      expect(
        (await machine.inNode("bash", "-c", "echo | socat -u - TCP:169.254.169.254:53,connect-timeout=1")).exitCode,
      ).not.toBe(0);
      server.end();
    });

    test("somebody else as soon as the machine does", async () => {
      const [before, after] = [await serve("127.0.0.7", "b"), await serve("::1", "c")];
      machine.resolve(["127.0.0.7"]);
      expect(await ask("udp")).toBe("b");
      machine.resolve(["::1"]);
      for (const way of ["udp", "tcp"]) expect(await ask(way)).toBe("c");
      for (const server of [before, after]) server.end();
    });

    test("the next when one is not there", async () => {
      const server = await serve("127.0.0.8", "d");
      machine.resolve(["127.0.0.9", "127.0.0.8"]);
      for (const way of ["udp", "tcp"]) expect(await ask(way)).toBe("d");
      server.end();
    });

    const ask = async (way: string): Promise<string> =>
      (await machine.inNode(process.execPath, "--eval", CLIENT, RESOLVER, way)).stdout;
  });
});

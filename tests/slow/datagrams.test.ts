/**
 * Debian 12's pasta, which carried everything once, closed a UDP socket after three minutes and later wrote
 * the datagrams of its port into whatever connection had got the socket's number: 18 of 30 connections had
 * bytes that nobody of theirs had sent. Takes as long; `npm test -- --project slow`.
 */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { API, BEYOND, Miniature } from "../support/miniature/miniature.ts";

const soon = { timeout: 20_000, interval: 100 };
/** Longer than any of these programs keeps the socket of a silent port: pasta three minutes, slirp four. */
const SILENCE_MS = 260_000;
const PORTS = 20,
  CONNECTIONS = 30;

/** Sends a datagram from each of its ports for every word that it is told. */
const SENDER = `
const sockets = Array.from({ length: ${PORTS} }, (_, n) => require("node:dgram").createSocket("udp4").bind(40001 + n));
require("node:readline").createInterface(process.stdin).on("line", (word) => sockets.forEach((socket, n) => socket.send(word + n + "\\n", 5000, "${BEYOND}")));
`;
/** Prints what it receives, by datagrams or connections. */
const HEARER = `
if (process.argv[1] === "udp") require("node:dgram").createSocket("udp4").on("message", (message) => process.stdout.write(message)).bind(5000);
else require("node:net").createServer((client) => client.on("data", (data) => process.stdout.write(data)).on("error", () => {})).listen(6443, "127.0.0.1");
`;
/** Opens connections, says how many, and prints what comes; at the end of its input it sends a word through each. */
const CLIENTS = `
const clients = Array.from({ length: ${CONNECTIONS} }, () => require("node:net").connect(${API.port}, "${API.host}", () => console.log("open")).on("data", (data) => process.stdout.write(data)));
process.stdin.on("end", () => clients.forEach((client) => client.end("mine\\n"))).resume();
`;

let machine: Miniature;
beforeAll(async () => void (machine = await Miniature.start()));
afterAll(() => machine.end());

test(
  "datagrams of a port that was silent for long reach whom they are for, and nobody's connection",
  async () => {
    const program = (where: "inNode" | "onMachine" | "beyond", code: string, ...args: string[]) => {
      const running = machine[where](process.execPath, "--eval", code, ...args);
      const lines = (): string[] => heard.split("\n").filter((line) => line !== "");
      let heard = "";
      running.stdout.on("data", (data) => (heard += data));
      return { running, lines };
    };
    const far = program("beyond", HEARER, "udp"),
      server = program("inNode", HEARER, "tcp"),
      sender = program("inNode", SENDER);
    const sent = (word: string) => Array.from({ length: PORTS }, (_, n) => `${word}${n}`);
    await vi.waitFor(async () => expect((await machine.inNode("ss", "-Hlnt")).stdout).toContain(":6443"), soon);
    await vi.waitFor(async () => expect((await machine.beyond("ss", "-Hlnu")).stdout).toContain(":5000"), soon);

    sender.running.stdin.write("first\n");
    await vi.waitFor(() => expect(far.lines().sort()).toEqual(sent("first").sort()), soon);
    await pause(SILENCE_MS);
    const clients = program("onMachine", CLIENTS);
    await vi.waitFor(() => expect(clients.lines()).toHaveLength(CONNECTIONS), soon);

    sender.running.stdin.write("second\n");
    await vi.waitFor(() => expect(far.lines().sort()).toEqual([...sent("first"), ...sent("second")].sort()), soon);
    clients.running.stdin.end();
    await vi.waitFor(() => expect(server.lines()).toHaveLength(CONNECTIONS), soon);
    expect(new Set(server.lines())).toEqual(new Set(["mine"]));
    expect(new Set(clients.lines())).toEqual(new Set(["open"]));
    for (const { running } of [far, server, sender, clients]) running.kill();
  },
  SILENCE_MS + 120_000,
);

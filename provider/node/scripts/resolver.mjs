// Answers the node's questions for names by asking whom the machine itself asks at that moment: its name
// servers may be out of the node's reach (on its loopback, at an address of its own, beside a cloud's
// metadata, on IPv6), and others tomorrow. Runs as it lies here, copied into a node's folder.
//
// Listens in the node's network and asks in the host's, where it runs: the sockets come from a child over there.
//
// Argument: the address to answer at.
import { fork } from "node:child_process";
import { createSocket } from "node:dgram";
import { readFileSync, readlinkSync } from "node:fs";
import { connect, createServer, isIPv6 } from "node:net";
import { dirname, resolve } from "node:path";

const PORT = 53;
/** How long one server is waited for; who asks gives up after two seconds, and comes back. */
const PATIENCE_MS = 1500;
/** Questions under way at a time; more are dropped, as a server's full queue would. */
const MOST = 1000;

/** Name servers of resolver settings, in their order; without any it is the machine itself, says resolv.conf(5). */
function nameServers(text) {
  const found = text.split("\n").flatMap((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? []);
  return found.length > 0 ? found : ["127.0.0.1"];
}

/**
 * Where a file of the machine's is from inside of a node, which has its own /run and /etc/resolv.conf, and the
 * machine's beside them. Links name paths of the machine's, and may name others tomorrow.
 */
function onMachine(path, beside = "/run/host") {
  const here = /^\/(etc|run)\//.test(path)
    ? beside + path
    : path.startsWith("/var/run/")
      ? beside + path.slice("/var".length)
      : path;
  const link = linkAt(here);
  return link === undefined ? here : onMachine(resolve(dirname(path), link), beside);
}

function linkAt(path) {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (error.code === "EINVAL") return undefined; // no link
    throw error;
  }
}

/** @param {() => string[]} servers whom to ask, known anew for each question */
function answerDatagrams(socket, servers, port = PORT, patienceMs = PATIENCE_MS) {
  let underWay = 0,
    lastGood;
  socket.on("message", async (question, { address, port: from }) => {
    if (question.length < 12 || underWay >= MOST) return;
    underWay++;
    const known = servers();
    // Who is silent is not waited for time and again.
    for (const server of [...known.filter((each) => each === lastGood), ...known.filter((each) => each !== lastGood)]) {
      const answer = await answerOf(server, question, port, patienceMs);
      if (answer === undefined) continue;
      lastGood = server;
      socket.send(answer, from, address);
      break;
    }
    underWay--;
  });
}

/** What one server says, from a port of its own for each question; nothing when it is silent or not there. */
function answerOf(server, question, port, patienceMs) {
  return new Promise((settle) => {
    const socket = createSocket(isIPv6(server) ? "udp6" : "udp4");
    const end = (answer) => {
      clearTimeout(patience);
      socket
        .removeAllListeners()
        .on("error", () => {})
        .close();
      settle(answer);
    };
    const patience = setTimeout(end, patienceMs);
    socket
      .on("error", () => end())
      .on("message", (answer) => {
        if (answer.length >= 12 && answer.readUInt16BE(0) === question.readUInt16BE(0)) end(answer);
      });
    socket.connect(port, server, (error) => (error ? end() : socket.send(question)));
  });
}

/** Long answers: the connection goes to the first server that takes it. */
function answerConnections(server, servers, port = PORT, patienceMs = PATIENCE_MS) {
  server.allowHalfOpen = true;
  server.on("connection", async (client) => {
    client.on("error", () => client.destroy()).setTimeout(5 * patienceMs, () => client.destroy());
    for (const host of servers()) {
      const upstream = await connected(host, port, patienceMs);
      if (upstream === undefined) continue;
      upstream.on("error", () => client.destroy()).on("close", () => client.destroy());
      client.on("close", () => upstream.destroy());
      client.pipe(upstream).pipe(client);
      return;
    }
    client.destroy();
  });
}

function connected(host, port, patienceMs) {
  return new Promise((settle) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    const end = (result) => {
      socket.removeAllListeners("error").removeAllListeners("connect").setTimeout(0);
      if (result === undefined) socket.on("error", () => {}).destroy();
      settle(result);
    };
    socket
      .setTimeout(patienceMs, () => end())
      .on("error", () => end())
      .on("connect", () => end(socket));
  });
}

/** Binds in the network that it is started in, and hands over what it has. */
async function listen(address) {
  const datagrams = createSocket("udp4"),
    connections = createServer();
  await new Promise((settle, refuse) => datagrams.on("error", refuse).bind(PORT, address, settle));
  await new Promise((settle, refuse) => connections.on("error", refuse).listen({ port: PORT, host: address }, settle));
  process.send("datagrams", datagrams, () => process.send("connections", connections, () => process.exit()));
}

const [program, address, role] = process.argv.slice(1);
if (program === import.meta.filename && role === "listen") await listen(address);
else if (program === import.meta.filename) {
  const servers = () => nameServers(readFileSync(onMachine("/etc/resolv.conf"), "utf8"));
  fork(program, [address, "listen"], {
    execPath: "nsenter",
    execArgv: ["--net=/run/node.netns", "--", process.execPath],
  })
    .on("message", (what, handle) => (what === "datagrams" ? answerDatagrams : answerConnections)(handle, servers))
    .on("exit", (code) => {
      if (code !== 0) process.exit(1);
    });
}

import { Copy } from "../copy.ts";

/** One round in a process of its own, which a test may kill. */
const [folder = "", stateFolder = "", remote = ""] = process.argv.slice(2);
const author = { name: "ada", email: "ada@guildnet.local" };
process.stdout.write("begins\n");
await new Copy({ folder, stateFolder, remote, author }).round();

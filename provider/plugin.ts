/** The provider as the engine starts it: one argument, the engine's address; prints its port and serves. */
import { main } from "@pulumi/pulumi/provider/index.js";
import { EngineLog } from "./engine-log.ts";
import { GuildnetProvider } from "./guildnet-provider.ts";
import manifest from "./package.json" with { type: "json" };

const engineAddress = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
if (engineAddress === undefined) {
  process.stderr.write(
    "This is a Pulumi provider: the engine starts it. Name its folder under plugins.providers in Pulumi.yaml.\n",
  );
  process.exit(2);
}

// An engine that was killed tells nobody, but its end of this pipe closes.
process.stdin.resume().once("end", () => process.exit(0));

await main(new GuildnetProvider(manifest.version, new EngineLog(engineAddress)), process.argv.slice(2));

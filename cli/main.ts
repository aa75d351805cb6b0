import { Command } from "commander";
import { isActionable } from "../toolchain/errors.ts";
import type { ManifestOptions } from "./commands/manifest.ts";
import type { WantedFile } from "../toolchain/downloads/kept-file.ts";
import { goOffline } from "../toolchain/offline.ts";
import { guildnetHome } from "../toolchain/home.ts";
import { unwritable } from "../toolchain/unwritable.ts";

const DEFAULT_STACK = "dev";

interface CommonOptions {
  readonly stack: string;
  readonly offline?: boolean;
}

/** The command line behind the npm scripts. Commands are loaded when they are called: most runs need few of the modules. */
export function program(): Command {
  const root = new Command("npm run")
    .description("GuildNet: a private cloud for a small group of people, from one command.")
    .enablePositionalOptions()
    .showHelpAfterError();

  stackCommand(root, "up", "set up all that is needed, apply the stack, and print the links")
    .addHelpText(
      "after",
      "\nRun it again at any time: what is done already is left alone, what a killed run left behind is put right.\nLook before you leap with `npm run preview`.",
    )
    .action(async (options: CommonOptions) => (await import("./commands/up.ts")).upCommand(options.stack));
  previewCommands(root);
  stackCommand(root, "down", "stop the stack's embedded cluster and keep its data; `up` starts it again").action(
    async (options: CommonOptions) => (await import("./commands/down.ts")).downCommand(options.stack),
  );
  stackCommand(root, "destroy", "remove everything of the stack but protected data")
    .option("--data", "remove protected data (homes, projects) too; there is no way back")
    .option("-y, --yes", "ask nothing, for scripts; with --data that is the only way without a terminal")
    .option("-C, --cwd <folder>", "the project, where it is not this one (examples/storage, say)", ".")
    .action(async (options: CommonOptions & { data?: boolean; yes?: boolean; cwd: string }) =>
      (await import("./commands/destroy.ts")).destroyCommand(options.stack, {
        data: options.data === true,
        yes: options.yes === true,
        projectFolder: options.cwd,
      }),
    );
  stackCommand(
    root,
    "status",
    "show what runs, and whether each address answers; exits with 1 when something does not",
  ).action(async (options: CommonOptions) => (await import("./commands/status.ts")).statusCommand(options.stack));
  stackCommand(
    root,
    "verify",
    "wait until all that `status` shows is well; exits with 1, and says what is not, when it takes too long",
  )
    .option("--patience <seconds>", "how long to wait; 0 looks once", "120")
    .action(async (options: CommonOptions & { patience: string }) => {
      const { parsePatience, verifyCommand } = await import("./commands/verify.ts");
      return verifyCommand(options.stack, parsePatience(options.patience));
    });
  stackCommand(root, "link", "print a new one-time sign-in link")
    .argument("<person>", "handle of a person of the stack's config")
    .option("--end-sessions", "sign the person out instead, at once and in every browser; a link lets them in again")
    .action(async (person: string, options: CommonOptions & { endSessions?: boolean }) =>
      (await import("./commands/link.ts")).linkCommand(options.stack, person, {
        endSessions: options.endSessions === true,
      }),
    );
  backupCommands(root);
  engineCommand(root);
  testCommands(root);
  toolCommands(root);
  return root;
}

function previewCommands(root: Command): void {
  stackCommand(root, "preview", "show what `up` would do, and who is touched by it and how; changes nothing")
    .option("--json", "print the receipt alone, as JSON; what the engine says goes to stderr")
    .option("--markdown <file>", "write the receipt to a file too, as Markdown for a comment on a pull request")
    .option("--diff", "show each property that differs, too")
    .option("--detailed-exitcode", "end with 2 where there is something to do")
    .addHelpText(
      "after",
      "\nExit codes: 0 when it went well, 1 when it failed or policies refuse; with --detailed-exitcode 0 is nothing to do, and 2 changes.\nFor a program: `npm run --silent preview -- --json`. It compares the program with its state; `npm run status` tells what differs in the cluster.",
    )
    .action(
      async (
        options: CommonOptions & { json?: boolean; markdown?: string; diff?: boolean; detailedExitcode?: boolean },
      ) =>
        (await import("./commands/preview.ts")).previewCommand(options.stack, {
          json: options.json === true,
          diff: options.diff === true,
          detailedExitcode: options.detailedExitcode === true,
          ...(options.markdown !== undefined && { markdown: options.markdown }),
        }),
    );
}

function stackCommand(root: Command, name: string, description: string): Command {
  return withOffline(
    root
      .command(name)
      .description(description)
      .option("--stack <name>", "the stack, as in Pulumi.<name>.yaml", process.env.PULUMI_STACK ?? DEFAULT_STACK),
  );
}

function withOffline(command: Command): Command {
  return command
    .option("--offline", "build every tool from package registries (as does GUILDNET_TOOLCHAIN=registries)")
    .hook("preAction", (_root, action) => {
      if (action.opts<Partial<CommonOptions>>().offline === true) goOffline();
    });
}

function backupCommands(root: Command): void {
  stackCommand(root, "backup", "back up volumes now, besides on their schedule")
    .argument("[name]", "a workspace, an app, headscale or registry; every volume where left out")
    .action(async (name: string | undefined, options: CommonOptions) =>
      (await import("./commands/backup.ts")).backupCommand(options.stack, name),
    );
  stackCommand(root, "restore", "bring a volume's files back from a backup")
    .argument("<name>", "a workspace, an app, headscale or registry")
    .option("--snapshot <id>", "which backup, as --list names them", "latest")
    .option("--list", "show what there is, and change nothing")
    .addHelpText(
      "after",
      "\nWhat runs on the volume is stopped meanwhile and started again. What is on the volume now is not lost:\nit is moved to a folder .before-restore-<time> there, which later backups leave out.",
    )
    .action(async (name: string, options: CommonOptions & { snapshot: string; list?: boolean }) =>
      (await import("./commands/restore.ts")).restoreCommand(options.stack, name, options),
    );
}

function engineCommand(root: Command): void {
  root
    .command("pulumi")
    .description("run the Pulumi engine with the right PATH, home, state and policy pack")
    .argument("[args...]", "anything Pulumi takes: preview, refresh, stack graph out.dot, --stack homelab up …")
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(async (args: string[]) =>
      (await import("./commands/pulumi.ts")).pulumiCommand(args, process.env.PULUMI_STACK ?? DEFAULT_STACK),
    );
}

function testCommands(root: Command): void {
  withOffline(root.command("test"))
    .description("set up all that is needed, then lint, check types and run every test")
    .argument("[args...]", "passed on to vitest: a path, -t <name> …; lint and types are skipped then")
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (args: string[]) => (await import("./commands/test.ts")).testCommand(args));
  withOffline(root.command("bench"))
    .description("set up all that is needed, then measure and print the figures")
    .argument("[args...]", "passed on to benchmarks/index.ts")
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (args: string[]) => (await import("./commands/bench.ts")).benchCommand(args));
  withOffline(root.command("conformance"))
    .description("set up all that is needed, then run Kubernetes' own tests on a cluster made for them")
    .argument("[args...]", "passed on to tests/conformance/index.ts")
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(async (args: string[]) => (await import("./commands/conformance.ts")).conformanceCommand(args));
}

function toolCommands(root: Command): void {
  withOffline(root.command("require"))
    .description("make tools ready and print where they are, as JSON")
    .argument("[tools...]", "all of them by default")
    .action(async (tools: string[]) => (await import("./commands/require.ts")).requireCommand(tools));
  withOffline(root.command("image"))
    .description("build or pull a container image into the local store and print its id, as JSON")
    .argument("<reference>", "registry/name:tag")
    .option("--context <folder>", "folder with the Dockerfile; for own images")
    .option("--build-arg <KEY=value>", "may be given many times", (value: string, all: string[]) => [...all, value], [])
    .option("--unpacked", "say where its layers lie unpacked, too")
    .action(async (reference: string, options: { context?: string; buildArg: string[]; unpacked?: boolean }) =>
      (await import("./commands/image.ts")).imageCommand(reference, options),
    );
  root
    .command("image-export")
    .description("write a docker-archive of an image of the local store to stdout")
    .argument("<reference>")
    .action(async (reference: string) => (await import("./commands/image.ts")).imageExportCommand(reference));
  root
    .command("image-push")
    .description(
      "push an image of the local store to a registry; credentials and caCertificatePem are read from stdin, as JSON",
    )
    .argument("<reference>")
    .argument("<destination>", "registry/name:tag")
    .action(async (reference: string, destination: string) =>
      (await import("./commands/image.ts")).imagePushCommand(reference, destination),
    );
  root
    .command("cluster-prepare")
    .description("make an embedded cluster's files ready for its start; for its systemd unit")
    .argument("<cluster>")
    .action(async (cluster: string) => (await import("./commands/cluster.ts")).clusterPrepareCommand(cluster));
  root
    .command("cluster-stop")
    .description("stop an embedded cluster until the machine's next start; for its systemd unit")
    .argument("<cluster>")
    .action(async (cluster: string) => (await import("./commands/cluster.ts")).clusterStopCommand(cluster));
  root
    .command("file")
    .description("fetch a file that is fixed by its hash, unless it is kept already, and print where it is, as JSON")
    .requiredOption("--sha256 <hash>", "of the file")
    .option("--path <path>", "where it is on this machine")
    .option("--url <url>", "where it is fetched from")
    .option("--wheel <name==version>", "the same as a package of the Python index that pip asks, tried after the URL")
    .option("--member <path>", "of the zip archive that is there; the file is that member of it")
    .action(async (options: WantedFile) => (await import("./commands/file.ts")).fileCommand(options));
  withOffline(root.command("manifest"))
    .description("fetch an upstream project's manifest and print where its files are, as JSON")
    .argument("<module>", "Go module and version, as github.com/x/y@v1.2.3")
    .argument("<files...>", "paths in the module; * stands for any characters of a file's name")
    .requiredOption("--sha256 <hash>", "of the files one after the other, sorted by path")
    .option("--release-url <url>", "the same as one file of a release, tried first")
    .option("--release-sha256 <hash>", "of that file")
    .action(async (module: string, files: string[], options: ManifestOptions) =>
      (await import("./commands/manifest.ts")).manifestCommand(module, files, options),
    );
}

/** Runs one command line. Sets the exit code; what a person can act on is printed without a stack. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    await program().parseAsync(args, { from: "user" });
  } catch (error) {
    const told =
      unwritable(error, { root: guildnetHome().root, stackFiles: process.env.GUILDNET_STACK_FILES }) ?? error;
    if (!isActionable(told)) throw error;
    process.stderr.write(`\n${told.message}\n`);
    process.exitCode = 1;
  }
}

import { execa } from "execa";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// The linter with this project's rules, over files that hold a line each.

const root = join(import.meta.dirname, "..");
const imports = (specifier: string) => `import "${specifier}";\n`;
const readsConfig = 'import * as pulumi from "@pulumi/pulumi";\nexport const x = new pulumi.Config();\n';

const closed: [string, string][] = [
  ["index.ts", "./components/index.ts"],
  ["stacks/guild.ts", "../policy/src/rules.ts"],
  ["stacks/survey/reach.ts", "../../provider/pki/x509.ts"],
  ["components/kube/labels.ts", "../../stacks/schema.ts"],
  ["components/workspace/quota.ts", "../../provider/node/layout.ts"],
  ["components/kube/place.ts", "../mesh/mesh.ts"],
  ["components/registry/registry.ts", "../backup/backup.ts"],
  ["components/scheduling/scheduling.ts", "../../stacks/schema.ts"],
  ["components/workspace/presets.ts", "../portal/portal.ts"],
  ["provider/errors.ts", "../components/kube/labels.ts"],
  ["policy/src/rules.ts", "../../components/kube/metadata.ts"],
  ["policy/src/stack-rule.ts", "../../components/portal/portal.ts"],
  ["policy/src/rules/pinned-images.ts", "../../../provider/sdk/index.ts"],
  ["images/portal/proxy/headers.ts", "../../../components/kube/labels.ts"],
  ["images/notes/vault/vault.ts", "../http/notes-app.ts"],
  ["images/notes/http/notes-app.ts", "../../portal/entrance/errors.ts"],
  ["images/pod/names.ts", "../portal/entrance/errors.ts"],
  ["images/sidecars/volume-copy/main.ts", "../../portal/entrance/errors.ts"],
  ["images/portal/guild/machine.ts", "../config.ts"],
  ["images/portal/entrance/gate.ts", "../identity/sessions.ts"],
  ["images/portal/identity/members.ts", "../watch/members.ts"],
  ["images/portal/identity/sessions.ts", "@kubernetes/client-node"],
  ["images/portal/proxy/forward.ts", "../api/services.ts"],
  ["images/portal/api/event-routes.ts", "../watch/directory.ts"],
  ["images/portal/watch/access.ts", "../api/services.ts"],
  ["images/portal/ui/src/app.tsx", "../../entrance/errors.ts"],
  ["images/portal/ui/src/state.tsx", "../../api/types.ts"],
  ["events/types.ts", "../components/kube/labels.ts"],
  ["events/event.ts", "./client/read.ts"],
  ["events/client/read.ts", "../../provider/errors.ts"],
  ["components/events/rights.ts", "../../events/client/read.ts"],
  ["toolchain/errors.ts", "../provider/errors.ts"],
  ["toolchain/home.ts", "../cli/clusters.ts"],
  ["toolchain/tools/tool.ts", "../../engine/backend.ts"],
  ["engine/backend.ts", "../stacks/schema.ts"],
  ["engine/plugins.ts", "../cli/links.ts"],
  ["cli/links.ts", "../provider/node/layout.ts"],
  ["provider/node/layout.ts", "../../cli/clusters.ts"],
];
const open: [string, string][] = [
  ["images/sidecars/registry-collector/main.ts", "../../../events/client/index.ts"],
  ["components/events/join.ts", "../../events/index.ts"],
  ["cli/processes.ts", "../events/client/index.ts"],
  ["images/notes/editing/documents.ts", "../vault/vault.ts"],
  ["images/sidecars/registry-tokens/main.ts", "../../pod/tls.ts"],
  ["images/portal/portal.ts", "./watch/workspaces.ts"],
  ["images/portal/proxy/tunnel.ts", "../identity/admission.ts"],
  ["images/portal/watch/members.ts", "@kubernetes/client-node"],
  ["examples/storage/index.ts", "../../components/index.ts"],
  ["stacks/systems/mesh/layer.ts", "../../components/index.ts"],
  ["components/workspace/workspace.ts", "../../provider/sdk/index.ts"],
  ["components/contract.test.ts", "../policy/src/rules.ts"],
  ["policy/src/objects.ts", "../../components/kube/labels.ts"],
  ["policy/src/pod-security.ts", "../../components/kube/privileged-namespaces.ts"],
  ["cli/commands/down.ts", "../../provider/control.ts"],
  ["cli/cluster/objects.ts", "../../provider/cluster/server.ts"],
  ["cli/clusters.ts", "../engine/engine.ts"],
  ["components/backup/backup.ts", "../kube/place.ts"],
  ["components/workspace/app.ts", "../backup/size.ts"],
  ["components/portal/portal.ts", "../workspace/portal-identity.ts"],
];
const others: [string, string][] = [
  ["stacks/systems/storage/layer.ts", readsConfig],
  ["stacks/config.ts", readsConfig],
  ["engine/engine.ts", "export const home = process.env.HOME;\n"],
  ["engine/session.ts", 'import { guildnetHome } from "../toolchain/home.ts";\nexport const home = guildnetHome();\n'],
  ["stacks/promise.ts", "const f = async (): Promise<number> => 1;\nf();\n"],
  ["stacks/types.ts", "export const count: number = 'one';\n"],
  ["components/storage/classes.ts", 'import type { Path } from "./local-path.ts";\nexport type Class = Path[];\n'],
  [
    "components/storage/local-path.ts",
    'import type { Class } from "./classes.ts";\nexport type Path = string | Class;\n',
  ],
  ["stacks/check/broken.ts", 'import type { Rule } from "./rules.ts";\nexport type Broken = Rule[];\n'],
  ["stacks/check/rules.ts", 'import type { Broken } from "./broken.ts";\nexport type Rule = string | Broken;\n'],
  ["stacks/words.ts", "export enum Word { One }\n"],
  ["images/pod/hen.ts", 'import type { Egg } from "./egg.ts";\nexport interface Hen { laid: Egg }\n'],
  ["images/pod/egg.ts", 'import type { Hen } from "./hen.ts";\nexport interface Egg { of: Hen }\n'],
  ["cli/egg.ts", 'import type { Hen } from "./hen.ts";\nexport interface Egg { of: Hen }\n'],
  ["cli/hen.ts", 'import type { Egg } from "./egg.ts";\nexport interface Hen { laid: Egg }\n'],
];

const folder = mkdtempSync(join(tmpdir(), "guildnet-imports-"));
const complaints = new Map<string, string[]>();

beforeAll(async () => {
  for (const name of [".oxlintrc.json", "tsconfig.json", "package.json"])
    copyFileSync(join(root, name), join(folder, name));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  for (const [file, text] of [
    ...[...closed, ...open].map(([from, to]): [string, string] => [from, imports(to)]),
    ...others,
  ]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const { stdout } = await execa(join(root, "node_modules/.bin/oxlint"), ["--format", "json", "."], {
    cwd: folder,
    reject: false,
  });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] };
  for (const { code, filename } of diagnostics) complaints.set(filename, [...(complaints.get(filename) ?? []), code]);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true }));

describe("who may import whom", () => {
  test.each(closed)("%s not %s", (file) => {
    expect(complaints.get(file)).toContain("eslint(no-restricted-imports)");
  });

  test.each(open)("%s may %s", (file) => {
    expect(complaints.get(file) ?? []).not.toContain("eslint(no-restricted-imports)");
  });
});

test("only stacks/config.ts reads the engine's config", () => {
  expect(complaints.get("stacks/systems/storage/layer.ts")).toContain("eslint(no-restricted-properties)");
  expect(complaints.get("stacks/config.ts")).toBeUndefined();
});

test("files of images and of the command line stand in no circle, not by their types either", () => {
  for (const file of ["images/pod/hen.ts", "cli/hen.ts"]) expect(complaints.get(file)).toContain("import(no-cycle)");
});

test("the engine is given its environment, and its home", () => {
  expect(complaints.get("engine/engine.ts")).toContain("eslint(no-restricted-properties)");
  expect(complaints.get("engine/session.ts")).toContain("eslint(no-restricted-imports)");
});

test("files of components import each other in no circle, not for a type either", () => {
  expect(complaints.get("components/storage/classes.ts")).toContain("import(no-cycle)");
});

test("nor do files of stacks", () => {
  expect(complaints.get("stacks/check/broken.ts")).toContain("import(no-cycle)");
});

test("a promise that nobody waits for is an error, and so is a wrong type or an enum", () => {
  expect(complaints.get("stacks/promise.ts")).toContain("typescript(no-floating-promises)");
  expect(complaints.get("stacks/types.ts")).toContain("typescript(TS2322)");
  expect(complaints.get("stacks/words.ts")).toContain("typescript(TS1294)");
});

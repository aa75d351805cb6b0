import { execa } from "execa";
import { join } from "node:path";
import { guildnetHome } from "../../toolchain/home.ts";
import { kubernetesVersion } from "../../components/versions.ts";
import { requireTools } from "../../toolchain/tools/require-tools.ts";
import { SCANNERS } from "../../toolchain/tools/scanners.ts";
import type { KubernetesObject } from "./rendered.ts";

/** What a scanner has to say about an object. */
export interface Found {
  /** The scanner's id of the check. */
  check: string;
  /** As `idOf` writes it. */
  object: string;
  detail: string;
}

/** A pod, what Pod Security refuses of it at the level of its namespace, and what restricted would refuse. */
export interface JudgedPod {
  kind: string;
  namespace: string;
  name: string;
  level: string;
  refused: string[];
  refusedRestricted: string[];
}

/** "Deployment guildnet-portal/portal"; what has no namespace stands in "default", as scanners take it. */
export function idOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace ?? "default"}/${metadata.name}`;
}

export type Scanners = Awaited<ReturnType<typeof scanners>>;

/** The scanners, installed where they are missing. */
export async function scanners() {
  const home = guildnetHome();
  const tools = await requireTools(SCANNERS, { home });
  const program = (tool: string, path: string) => join(tools[tool]?.path ?? "", path);
  return {
    /** @param file a List */
    kubeScore: async (file: string): Promise<Found[]> => {
      const { stdout, stderr } = await execa(
        program("kube-score", "bin/kube-score"),
        [
          "score",
          "--output-format",
          "json",
          "--kubernetes-version",
          `v${kubernetesVersion.replace(/\.\d+$/, "")}`,
          file,
        ],
        { reject: false },
      );
      return kubeScoreFindings(parsed(stdout, stderr) as Scored[]);
    },
    /** @returns findings by the name of the file; every file of the folder is a List */
    checkov: async (folder: string): Promise<Map<string, Found[]>> => {
      // Without --skip-download it asks its maker's server for guidelines.
      const args = [
        "-m",
        "checkov.main",
        "--directory",
        folder,
        "--framework",
        "kubernetes",
        "--output",
        "json",
        "--quiet",
        "--compact",
        "--skip-download",
      ];
      const { stdout, stderr } = await execa(program("checkov", "venv/bin/python"), args, { reject: false });
      return checkovFindings(parsed(stdout, stderr) as Checked);
    },
    podSecurity: async (list: string): Promise<JudgedPod[]> => {
      const { stdout } = await execa(program("pod-security", "bin/pod-security"), { input: list });
      return JSON.parse(stdout) as JudgedPod[];
    },
  };
}

/** Both scanners end with 1 when they find something, and when they fail. */
function parsed(stdout: string, stderr: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch (cause) {
    throw new Error(`the scanner printed no JSON: ${stdout.slice(0, 500)}\n${stderr.slice(-2000)}`, { cause });
  }
}

type Scored = KubernetesObject & {
  type_meta: { kind: string };
  object_meta: KubernetesObject["metadata"];
  checks: {
    check: { id: string };
    grade: number;
    skipped: boolean;
    comments: { path: string; summary: string }[] | null;
  }[];
};
const BEST_GRADE = 10;

function kubeScoreFindings(scored: Scored[]): Found[] {
  return scored.flatMap(({ type_meta, object_meta, checks }) =>
    checks
      .filter(({ grade, skipped }) => !skipped && grade < BEST_GRADE)
      .map(({ check, comments }) => ({
        check: check.id,
        object: idOf({ apiVersion: "", kind: type_meta.kind, metadata: object_meta }),
        detail: (comments ?? []).map(({ path, summary }) => [path, summary].filter(Boolean).join(": ")).join("; "),
      })),
  );
}

interface Checked {
  results: { failed_checks: { check_id: string; check_name: string; file_path: string; resource: string }[] };
  summary: { parsing_errors: number };
}

function checkovFindings({ results, summary }: Checked): Map<string, Found[]> {
  if (summary.parsing_errors > 0) throw new Error(`checkov could not read ${summary.parsing_errors} of the files`);
  const found = new Map<string, Found[]>();
  for (const { check_id, check_name, file_path, resource } of results.failed_checks) {
    const [kind = "", namespace = "", ...name] = resource.split(".");
    const file = file_path.split("/").at(-1) ?? "";
    found.set(file, [
      ...(found.get(file) ?? []),
      { check: check_id, object: `${kind} ${namespace}/${name.join(".")}`, detail: check_name },
    ]);
  }
  return found;
}

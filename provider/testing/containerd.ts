import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { onTestFinished, vi } from "vitest";
import type { RunningNode } from "../node/ctr.ts";
import { scratchFolder, scratchHome } from "./scratch.ts";

/** Does with folders what `ctr` and containerd's snapshots do; `$FAIL` names a command that fails, `$FASTER` a layer that another program makes meanwhile, `$MISSED` one that is made between the second look at what is there and its answer. */
const client = `#!/bin/bash
shift 4
cd "$NODE/data/containerd"
echo "$*" >>"$NODE/log"
if [[ $FAIL != "" && "$*" == $FAIL* ]]; then echo "ctr: pretends to fail" >&2; exit 1; fi
case "$1 $2" in
  "images list") cat images ;;
  "images import") cat >archive; tar -xOf archive index.json | grep -o 'image.name":"[^"]*' | cut -d'"' -f3 >>images ;;
  "snapshots list")
    found=$(ls snapshots)
    if [[ $MISSED != "" ]] && ! mkdir first 2>&- && mkdir second 2>&-; then until [[ $(grep -c prepare "$NODE/log") == 2 ]]; do sleep 0.01; done; fi
    echo "KEY  PARENT  KIND"; sed 's/$/    Committed /' <<<"$found" ;;
  "snapshots prepare") mkdir "snapshots/$4" && echo "[{\\"Type\\":\\"bind\\",\\"Source\\":\\"/run/guildnet/data/containerd/snapshots/$4\\",\\"Options\\":[\\"rw\\"]}]" ;;
  "snapshots commit")
    if [[ $3 == "$MISSED" ]]; then until [[ -e second ]]; do sleep 0.01; done; fi
    if [[ $3 == "$FASTER" ]]; then mkdir "snapshots/$3"; fi; if [[ -e snapshots/$3 ]]; then echo "ctr: already exists" >&2; exit 1; fi; mv "snapshots/$4" "snapshots/$3" ;;
  "snapshots remove") shift 2; for name; do rm -r "snapshots/$name"; done ;;
esac
`;

/** A machine whose toolchain has an image, and a node on it. */
export interface Machine {
  readonly node: RunningNode;
  /** What containerd was asked for, without reads. */
  readonly asked: () => string[];
  /** Names of the node's snapshots. */
  readonly snapshots: () => string[];
  /** Lets commands fail that begin so. */
  readonly failing: (command: string) => void;
  /** Lets another program make a layer while this one does. */
  readonly overtaken: (name: string) => void;
  /** Lets the second who looks what is there learn it only when this layer has been made since, and others after it. */
  readonly missed: (name: string) => void;
}

/** A node with nothing on it but for snapshots of these names; root's rights are not needed. */
export function machine(...names: string[]): Machine {
  const folder = join(scratchHome(), "clusters", "guild-test"),
    bin = scratchFolder();
  const data = join(folder, "data", "containerd"),
    log = join(folder, "log");
  for (const name of ["", ...names]) mkdirSync(join(data, "snapshots", name), { recursive: true });
  for (const path of [log, join(data, "images")]) writeFileSync(path, "");
  const programs = { ctr: client, mount: "#!/bin/bash\n", unshare: '#!/bin/bash\nexec "${@:4}"\n' };
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  }
  vi.stubEnv("PATH", `${bin}${delimiter}${process.env.PATH}`);
  vi.stubEnv("NODE", folder);
  for (const name of ["FAIL", "FASTER", "MISSED"]) vi.stubEnv(name, "");
  onTestFinished(() => void vi.unstubAllEnvs());
  return {
    node: { folder, init: 1 },
    asked: () =>
      readFileSync(log, "utf8")
        .split("\n")
        .filter((line) => line !== "" && !/ list/.test(line)),
    snapshots: () => readdirSync(join(data, "snapshots")),
    failing: (command) => void vi.stubEnv("FAIL", command),
    overtaken: (name) => void vi.stubEnv("FASTER", name),
    missed: (name) => void vi.stubEnv("MISSED", name),
  };
}

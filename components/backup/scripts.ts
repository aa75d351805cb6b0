/** Where a job has the volume; also what snapshots call it. */
export const VOLUME = "/volume";

/**
 * restic, told of a pod's end so that it gives its lock back: a shell as a pod's first process
 * is deaf to signals, and holds them back while it waits for another program.
 */
const attended = [
  "child= ended=",
  `trap 'ended=1; [ -z "$child" ] || kill -TERM "$child"' TERM`,
  'restic() { [ -z "$ended" ] || exit 143; command restic "$@" & child=$!; wait "$child" && status=0 || status=$?; if [ -n "$ended" ]; then wait "$child"; exit 143; fi; child=; return "$status"; }',
];

/**
 * Makes a snapshot, and the repository before the first. Its arguments say which old snapshots
 * to keep. restic's exit codes: 3 some files could not be read, 10 there is no repository, 11 it
 * is locked (https://restic.readthedocs.io/en/stable/075_scripting.html).
 *
 * A snapshot's tags say whose it is, and how much room its files took on the disk: with holes
 * in them that is less than their sizes.
 *
 * Files that can't be read are a warning, told in the pod's last words: people have such, and
 * the rest of their files is in the snapshot. Where there is no file in it, that is a failure,
 * and it is forgotten, lest it be the latest.
 *
 * `unlock` removes locks that nobody has renewed for half an hour, as a killed job leaves them:
 * the repository is this volume's alone, and another job at work on it renews its own.
 */
export const backupScript = [
  "set -u",
  ...attended,
  "restic unlock",
  "code=$?",
  'if [ "$code" -eq 10 ]; then echo "So this is the first snapshot."; restic init || exit; elif [ "$code" -ne 0 ]; then exit "$code"; fi',
  `kib() { du -sk "$@" 2>/dev/null | awk '{ sum += $1 } END { print sum + 0 }'; }`,
  "used=$(($(kib /volume) - $(kib /volume/.before-restore-* /volume/.restoring /volume/lost+found)))",
  "restic backup --tag \"kib=$used\" ${OWNER:+--tag \"owner=$OWNER\"} --exclude-caches --exclude '/volume/lost+found' --exclude '/volume/.before-restore-*' --exclude '/volume/.restoring' /volume 2>/tmp/errors",
  "snapshot=$?",
  "cat /tmp/errors >&2",
  'if [ "$snapshot" -ne 0 ] && [ "$snapshot" -ne 3 ]; then exit "$snapshot"; fi',
  `if [ "$snapshot" -eq 3 ] && ! command restic ls --no-lock --json latest | grep -q '"type":"file"'; then restic forget latest; echo "No file of the volume could be read."; exit 3; fi`,
  'restic forget --prune "$@"',
  "code=$?",
  'if [ "$code" -eq 11 ]; then echo "Old snapshots stay until the next run: another job, or one that was killed half an hour ago or less, has the repository locked."; code=0; fi',
  'if [ "$code" -ne 0 ]; then exit "$code"; fi',
  'if [ "$snapshot" -eq 3 ]; then grep "^error:" /tmp/errors | head -n 20 >/dev/termination-log; echo "The snapshot lacks the files named above, which could not be read."; fi',
].join("\n");

/**
 * Brings a snapshot back beside what is there, and only then changes places: what was there is
 * moved to `.before-restore-<time>`, so that nothing is lost, also by a restore that fails, which
 * takes away what it has brought so far. Holes in files come back as holes.
 * With ACTION=list it prints the room on the volume and all snapshots instead, as a line of JSON each.
 *
 * `lost+found` is the file system's own. A folder without write permission can't be moved by
 * its owner either, since the folder above is written in it.
 */
export const restoreScript = [
  "set -eu",
  `if [ "$ACTION" = list ]; then df -Pk /volume | awk 'END { printf "{\\"kib\\":%d,\\"free\\":%d}\\n", $(NF-4), $(NF-2) }'; exec restic snapshots --json --no-lock; fi`,
  ...attended,
  "cd /volume",
  "discard() { if [ -e .restoring ]; then chmod -R u+rwX .restoring; rm -rf .restoring; fi; }",
  "discard",
  'restic restore --no-lock --sparse "$SNAPSHOT:/volume" --target /volume/.restoring || { code=$?; discard; exit "$code"; }',
  "carry() {",
  '  if [ -d "$1" ] && [ ! -L "$1" ] && [ ! -w "$1" ]; then chmod u+w "$1"; mv "$1" "$2/"; chmod u-w "$2/${1##*/}"; else mv "$1" "$2/"; fi',
  "}",
  "aside=.before-restore-$(date -u +%Y%m%dT%H%M%SZ)",
  'mkdir -m 700 "$aside"',
  "for entry in ./* ./.[!.]* ./..?*; do",
  '  [ -e "$entry" ] || [ -L "$entry" ] || continue',
  '  case "$entry" in ./.restoring | ./lost+found | ./.before-restore-*) continue ;; esac',
  '  carry "$entry" "$aside"',
  "done",
  "for entry in .restoring/* .restoring/.[!.]* .restoring/..?*; do",
  '  [ -e "$entry" ] || [ -L "$entry" ] || continue',
  '  carry "$entry" .',
  "done",
  "rmdir .restoring",
  'if rmdir "$aside" 2>/dev/null; then echo "The volume was empty before."; else echo "What was there before is in $aside."; fi',
].join("\n");

#!/bin/sh
# Stands before git in a process' PATH: notes each call in `steps`, and kills the process before or after the one that
# `moment` names ("before push 1"). So it ends at that step whatever else the machine does.
folder=${0%/*}
echo "$1" >>"$folder/steps"
call="$1 $(grep -cxF -- "$1" "$folder/steps")"
read -r moment <"$folder/moment"
[ "$moment" = "before $call" ] && kill -9 "$PPID" && exit 1
PATH=${PATH#*:} git "$@"
code=$?
[ "$moment" = "after $call" ] && kill -9 "$PPID"
exit "$code"

#!/bin/sh
# First program of a node. Some settings are the whole machine's, whoever sets them: the node gets copies of its own.
set -e
mkdir -p /run/guildnet/settings
for setting in "$@"; do
  [ -e "/proc/sys/$setting" ] || continue
  copy=/run/guildnet/settings/$(echo "$setting" | tr / -)
  cat "/proc/sys/$setting" >"$copy"
  mount --bind "$copy" "/proc/sys/$setting"
done
# By this those who wait for a reboot tell one start from another.
cat /proc/sys/kernel/random/uuid >/run/guildnet/boot-id
mount --bind /run/guildnet/boot-id /proc/sys/kernel/random/boot_id
exec /sbin/init

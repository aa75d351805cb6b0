#!/bin/sh
# Installs code-server into this folder, without what a workspace never runs: the runtime of an AI service
# nobody here signed up for, with the database it keeps (which takes longer to compile than all the rest),
# sign-on to proxies by Kerberos, and what belongs to other systems and processors.
set -eu
case "$(uname -m)" in aarch64) arch=arm64 ;; *) arch=x64 ;; esac
vscode=node_modules/code-server/lib/vscode

export JOBS=max npm_config_nodedir=/usr/local npm_config_cache=/tmp/npm
npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier
# code-server's own install script, which `npm rebuild` runs, installs the packages of the editor.
sed -i -E '/"(@vscode\/sqlite3|kerberos)@/s/true/false/' "$vscode/package.json"
npm rebuild
rm -rf /tmp/npm

(
  cd "$vscode"
  rm -rf extensions/copilot node_modules/@github/copilot-sdk-* node_modules/@microsoft/mxc-sdk/bin
  rm -rf node_modules/@vscode/sqlite3 node_modules/kerberos node_modules/node-pty/third_party
  find node_modules/@vscode/ripgrep-universal/bin -mindepth 1 -maxdepth 1 ! -name "linux-$arch" -exec rm -rf {} +
  find node_modules/node-pty/prebuilds -mindepth 1 -maxdepth 1 ! -name "linux-$arch" -exec rm -rf {} +
  find . -type d \( -path '*/build/Release/obj' -o -path '*/build/Release/obj.target' -o -path '*/build/Release/.deps' \) -prune -exec rm -rf {} +
  find . -type f -name '*.map' -delete
)
node_modules/.bin/code-server --version

#!/bin/sh
# Takes away what a workspace never runs, two thirds of the package: what only building needed, what
# belongs to other systems and processors, and the runtime of an AI service nobody here signed up for.
set -eu
case "$(uname -m)" in aarch64) arch=arm64 ;; *) arch=x64 ;; esac
cd node_modules/code-server/lib/vscode

rm -rf extensions/copilot node_modules/@github/copilot-sdk-* node_modules/@microsoft/mxc-sdk/bin node_modules/node-pty/third_party
find node_modules/@vscode/ripgrep-universal/bin -mindepth 1 -maxdepth 1 ! -name "linux-$arch" -exec rm -rf {} +
find node_modules/node-pty/prebuilds -mindepth 1 -maxdepth 1 ! -name "linux-$arch" -exec rm -rf {} +
find . -type d \( -path '*/build/Release/obj' -o -path '*/build/Release/obj.target' -o -path '*/build/Release/.deps' \) -prune -exec rm -rf {} +
find . -type f -name '*.map' -delete

#!/bin/sh
# Takes away what only building needed: source maps, objects and sources of native packages.
set -eu
find . -type f \( -name '*.map' -o -name '*.ts.tsbuildinfo' \) -delete
find . -type d \( -name obj.target -o -name .deps \) -prune -exec rm -rf {} +

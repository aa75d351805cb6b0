//go:build headers

// Package main has a module here for one of its files alone, a header that upstream's module lacks:
// Go leaves folders called vendor out of modules.
package main

import _ "github.com/gen2brain/malgo"

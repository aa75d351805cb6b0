// Ollama's program, server and runner of models in one. Upstream's own main does the same.
package main

import (
	"context"
	"os"

	"github.com/ollama/ollama/cmd"
)

func main() {
	if err := cmd.NewCLI().ExecuteContext(context.Background()); err != nil {
		os.Exit(1)
	}
}

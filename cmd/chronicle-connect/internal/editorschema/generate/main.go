// Command generate writes the JSON Schema of configurations for editors to a file, or
// to standard output where none is named. It links what the binary links, which takes
// minutes.
package main

//go:generate go run . ../../../../../config/chronicle-connect.schema.json

import (
	"fmt"
	"os"

	"github.com/redpanda-data/benthos/v4/public/service"

	_ "github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/components"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/editorschema"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "generate: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	full, err := service.GlobalEnvironment().FullConfigSchema("", "").MarshalJSONV0()
	if err != nil {
		return fmt.Errorf("asking Benthos for its components: %w", err)
	}
	schema, err := editorschema.Make(full)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		_, err = os.Stdout.Write(schema)
		return err
	}
	return os.WriteFile(args[0], schema, 0o644) //nolint:gosec // Everybody may read what is in the repository.
}

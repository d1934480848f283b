// Command notices writes down on what terms the parts of chronicle-connect
// come: NOTICE in the root of the repository and THIRD_PARTY_LICENSES.md
// beside the binary's sources. Run it in the root after every change of what
// the binary links. With -check it writes nothing, and fails if either file is
// not what it would write. With -texts it writes the licences themselves, in
// full, to a file that has to go with every copy of the binary.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/linked"
)

const (
	binary     = "cmd/chronicle-connect"
	noticePath = "NOTICE"
	reportPath = binary + "/THIRD_PARTY_LICENSES.md"
	self       = "go run ./cmd/chronicle-connect/internal/notices"
)

func main() {
	check := flag.Bool("check", false, "write nothing, and fail if a file is not up to date")
	texts := flag.String("texts", "", "write the texts of all licences to this `file` instead")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *check, *texts)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "notices: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, check bool, textsPath string) error {
	modules, err := linked.Modules(ctx, binary)
	if err != nil {
		return err
	}
	terms, err := termsOf(ctx, modules)
	if err != nil {
		return err
	}
	if textsPath != "" {
		return write(textsPath, texts(terms))
	}
	if err := minimalIsFree(ctx); err != nil {
		return err
	}
	notice, err := notice(modules, terms)
	if err != nil {
		return err
	}
	for _, file := range []struct {
		path    string
		content []byte
	}{
		{noticePath, notice},
		{reportPath, report(terms)},
	} {
		act := write
		if check {
			act = compare
		}
		if err := act(file.path, file.content); err != nil {
			return err
		}
	}
	return nil
}

func write(path string, content []byte) error {
	if err := os.WriteFile(path, content, 0o644); err != nil { //nolint:gosec // Everybody may read a licence.
		return fmt.Errorf("writing the terms: %w", err)
	}
	return nil
}

func compare(path string, want []byte) error {
	got, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("comparing the terms: %w", err)
	}
	if string(got) != string(want) {
		return fmt.Errorf("%s is not up to date: run %s and read what changes", path, self)
	}
	return nil
}

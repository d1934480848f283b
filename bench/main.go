package main

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"text/template"
)

// module is where what is measured is from.
const module = "github.com/chronicle-connect/chronicle-connect"

//go:embed performance.md.tmpl
var pageText string

func main() {
	binary := flag.String("binary", "", "the `chronicle-connect` to measure (built from this tree by default)")
	repetitions := flag.Int("repetitions", 3, "how often each measurement is made; the median counts")
	guardOnly := flag.Bool("guard", false, "measure the least that tells of a regression, and exit non-zero if there is one")
	names := flag.String("pipelines", "", "measure these `pipelines` of config/ alone, all or their names with commas between them, and print their table")
	pluginOnly := flag.Bool("plugin", false, "measure the input as an RPC plugin, beside itself, and print the table")
	historyOnly := flag.Bool("history", false, "measure reading by search, beside the stream, and print the table")
	configs := flag.String("config", "config", "`directories` of pipelines, with commas between them; several take turns, to tell before from after")
	out := flag.String("out", "", "`directory` to write performance.md and performance.svg to")
	flag.Parse()
	if err := run(*binary, *repetitions, *guardOnly, *pluginOnly, *historyOnly, *out, *names, strings.Split(*configs, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(binary string, repetitions int, guardOnly, pluginOnly, historyOnly bool, out, names string, configs []string) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if binary == "" {
		dir, err := os.MkdirTemp("", "chronicle-connect-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if binary, err = install(ctx, dir); err != nil {
			return err
		}
	}
	b := &bencher{binary: binary, repetitions: repetitions, progress: func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, format+"\n", args...)
	}}
	if guardOnly {
		return b.guard(ctx)
	}
	if pluginOnly {
		measured, err := b.plugin(ctx)
		if err != nil {
			return err
		}
		fmt.Print(table(measured))
		return nil
	}
	if historyOnly {
		measured, err := b.history(ctx)
		if err != nil {
			return err
		}
		fmt.Print(historyTable(measured))
		return nil
	}
	if names != "" {
		chosen, err := choose(names)
		if err != nil {
			return err
		}
		measured, err := b.passages(ctx, chosen, configs)
		if err != nil {
			return err
		}
		fmt.Print(passageTable(measured))
		return nil
	}
	r, err := b.all(ctx, configs)
	if err != nil {
		return err
	}
	return r.publish(repetitions, out)
}

// install builds the program, and copies it as an installation does: of a file
// that the linker has just written, Linux maps up to 40 MB more.
func install(ctx context.Context, dir string) (path string, err error) {
	built := filepath.Join(dir, "built")
	build := exec.CommandContext(ctx, "go", "build", "-o", built, module+"/cmd/chronicle-connect")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("building chronicle-connect: %w", err)
	}
	path = filepath.Join(dir, "chronicle-connect")
	in, err := os.Open(built)
	if err != nil {
		return "", err
	}
	defer in.Close()
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o700)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(out, in)
	return path, errors.Join(err, out.Close())
}

// publish prints the page, or writes it and its picture to a directory.
func (r *result) publish(repetitions int, dir string) error {
	to := os.Stdout
	if dir != "" {
		if err := r.draw(filepath.Join(dir, "performance.svg")); err != nil {
			return err
		}
		page, err := os.Create(filepath.Join(dir, "performance.md"))
		if err != nil {
			return err
		}
		defer page.Close()
		to = page
	}
	page, err := template.New("performance").Funcs(template.FuncMap{"table": table, "goals": goalTable, "steps": stepTable, "ratio": stepRatio, "passages": passageTable}).Parse(pageText)
	if err != nil {
		return err
	}
	return page.Execute(to, map[string]any{
		"Machine": machine(), "Repetitions": repetitions, "Goals": r.goals(),
		"Sides": r.sides, "Protocols": r.protocols, "Batches": r.batches, "Sizes": r.sizes, "Totals": r.totals,
		"Storing": r.storing, "Idle": r.idle, "Steps": r.steps, "Pipelines": r.pipelines,
	})
}

// machine names what the figures were measured on.
func machine() string {
	model := runtime.GOARCH
	if info, err := os.Open("/proc/cpuinfo"); err == nil {
		defer info.Close()
		for lines := bufio.NewScanner(info); lines.Scan(); {
			if name, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%d cores of %s, %s, %s/%s", runtime.NumCPU(), model, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

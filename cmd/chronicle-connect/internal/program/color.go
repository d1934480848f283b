package program

import (
	"os"

	"github.com/mattn/go-isatty"
)

// colorVariable is what configs ask whether they may colour what they print.
const colorVariable = "CHRONICLE_COLOR"

// setColor answers that for configs, which can't see a terminal, where nobody has:
// yes where one shows what is printed and nothing speaks against it. NO_COLOR is as
// on https://no-color.org.
func setColor(stdout *os.File) error {
	_, set := os.LookupEnv(colorVariable)
	if set || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" || !isatty.IsTerminal(stdout.Fd()) {
		return nil
	}
	return os.Setenv(colorVariable, "true")
}

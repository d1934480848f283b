// Package program is the whole of chronicle-connect but for what it links and for
// the exit: Benthos' command line with the subcommands of our own, a log without
// secrets, and an exit code that tells when an input gave up. What it links is for
// whoever imports it to say, so it must not import package components.
package program

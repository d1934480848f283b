// Package trial builds the components of a config without starting them, to find
// out what is wrong with its settings. Benthos builds what a config shares only when
// it is first used, and speaks of fields, where people have set variables. The
// package must not know single components, nor where values come from: that a
// variable is to blame is found out by building once more without its value.
//
// A [Trial] lives for one set of files. What it has built is never started, and is
// left to the end of the process.
package trial

// Package components is what a config can name: importing it links the input, the
// components of Benthos, and the destinations that Redpanda Connect brings. Only
// main and the tests of pipelines import it, since linking it takes minutes. It has
// nothing but imports, and must not know the program.
package components

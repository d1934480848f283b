// Package state prepares the folders that a config keeps its state in. It looks
// at nothing but the caches of a config, before Benthos makes them, and must not
// know what is stored there.
package state

//go:build race

package plugin

// modelSeeds is how many histories TestModel runs: under the race detector each
// takes about ten times as long.
const modelSeeds = 200

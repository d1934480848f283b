//go:build race

package model_test

// modelSeeds is how many histories TestModel runs: under the race detector each
// takes about ten times as long.
const modelSeeds = 200

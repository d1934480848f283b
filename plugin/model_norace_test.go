//go:build !race

package plugin

// modelSeeds is how many histories TestModel runs.
const modelSeeds = 2000

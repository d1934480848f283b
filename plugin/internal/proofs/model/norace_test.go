//go:build !race

package model_test

// modelSeeds is how many histories TestModel runs.
const modelSeeds = 2000

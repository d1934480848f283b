// Package programtest runs chronicle-connect as processes that a test can stop and
// kill: the test's own binary, started again to be the program. It must not know the
// destinations of pipelines, nor what the program links: that is for the package of
// the test to say, by its imports.
//
// A Deployment is a config with its state, which outlives processes. Each Start is a
// Process of it, which lives until it ends by itself, is stopped or killed, or the
// test ends; the next Start finds the state as that one left it.
package programtest

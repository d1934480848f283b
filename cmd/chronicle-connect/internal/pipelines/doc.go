// Package pipelines has the proofs of the whole program: it runs as a process, with all
// that it links, between a stand-in for Chronicle and the servers that pipelines write
// to. There is nothing here but tests, a file for each scenario, named after what
// happens in it: X_killed is a server X that is killed and comes back, killed_X and
// stopped_X are what happens to the program itself. Those of destinations are not in a
// minimal build, which has none.
//
// It must not look inside of the program: what a test knows is what was sent, what has
// arrived, what is stored, what the process printed and how it ended. How to run it is
// for package programtest, whom it talks to for package servers, and what a delivery
// has to show for package proof.
//
// This is the only package of tests that links Redpanda Connect's outputs, which takes
// minutes. Where a server of .ci/servers is not installed, its tests are skipped, unless
// CHRONICLE_CONNECT_REQUIRE_SERVERS is set.
package pipelines

// Package servers is what pipelines talk to in tests, beside Chronicle: real servers,
// stand-ins where there are none or where a test has to say what is answered, and
// clients that read what has arrived. It must not know the pipelines, nor what was
// sent.
//
// A server is started by a test, may be killed and brought back at the address that
// it had, with the data that it had acknowledged, and ends with the test. What needs
// modules as large as Redpanda Connect's is left out of a minimal build.
package servers

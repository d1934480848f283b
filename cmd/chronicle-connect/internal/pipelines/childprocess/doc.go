// Package childprocess has what all processes have in common that tests start: what
// they print is kept, and they end with the test. It must not know what they run.
//
// A Log is given to a process as its outputs, and can be read while that goes on. Start
// does both for a process that lives as long as its test.
package childprocess

// Package check is the subcommand check: it tests the connections of a config
// and says, in words that a person can act on, which of them fail and why. It must
// not know single inputs or outputs: what it says of a failure is what the
// component's own error says, or the plugin's diagnosis.
//
// A command lives for one config: the components are built, tested and left to the
// end of the process.
package check

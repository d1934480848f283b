// Package waiting lets tests wait for what has to happen in other processes, where no
// clock can be stopped. It must not know what they wait for.
package waiting

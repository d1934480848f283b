// Package editorschema writes the JSON Schema by which an editor completes, explains
// and checks configurations.
//
// It is made of what Benthos says of itself and its components. Benthos writes a JSON
// Schema of its own, which has no descriptions, lets misspelt fields pass, and refuses
// a variable where a number or a boolean is wanted. Make is a pure function, so what
// is linked is for its caller to say.
package editorschema

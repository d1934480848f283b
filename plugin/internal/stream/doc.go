// Package stream decodes Chronicle's detection alert stream: one JSON array
// that never ends, whose elements are detection batches, heartbeats and errors.
//
// The words used here:
//
//   - An element is one object of the array.
//   - A detection batch is an element that carries detections, a place to
//     resume from, or both.
//   - A piece is what one call of [Decoder.Next] returns: a whole element, or a
//     part of a detection batch that is too large to be held at once.
//
// The layers, from the bytes up, a file each:
//
//	window.go     the bytes that were read and are not consumed yet
//	quick.go      finds, and checks, the end of a detection that is there as a whole
//	scan.go       the same for any JSON value, however it is cut into reads
//	scan_text.go, scan_scalar.go  what is inside strings, numbers and literals
//	memo.go       what values say that come again and again
//	walk.go       visits the members and items of a value that was checked
//	detection.go  a detection's bytes, and the few fields of it that become metadata
//	element.go    what an element says once all of its keys are known
//	grammar.go    what may follow what in the array and its elements
//	decoder.go    reads on as far as the next piece takes
//
// A detection is checked by the quick pass, which is all that most ever see.
// Where it is cut by the end of a read, or is not JSON, the scanner takes over:
// it can wait, and can say what is wrong.
//
// What holds throughout:
//
//   - The answer depends on the bytes alone, never on how they are cut into
//     reads.
//   - A detection is returned byte for byte as it was received, and is valid
//     JSON in the sense of encoding/json.
//   - A piece is returned as soon as it is known to be one: the last of an
//     element with the element's closing brace, one before when the detection
//     behind it has begun (or ended, where bytes are the limit). So a place to
//     resume from is never known from an element that was cut.
//   - Memory is bounded by the piece limits plus one value, and values have a
//     limit too.
package stream

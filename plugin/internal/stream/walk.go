package stream

import "encoding/json"

// The functions of this file read values that a scanner has checked, so they
// look for nothing but the ends of things.

// eachItem calls visit with every item of an array until visit says to stop.
// A value that is no array has no items.
func eachItem(array []byte, visit func(item []byte) (more bool)) {
	if len(array) == 0 || array[0] != '[' {
		return
	}
	for i := skipSpace(array, 1); array[i] != ']'; {
		end := valueEnd(array, i)
		if !visit(array[i:end]) {
			return
		}
		i = skipComma(array, end)
	}
}

// eachMember calls visit with every member of an object. A value that is no
// object has no members.
func eachMember(object []byte, visit func(key string, value []byte)) {
	members(object, func(key string, value []byte) bool {
		visit(key, value)
		return true
	})
}

// member is the first member of an object that has this key, nil where there is none.
func member(object []byte, wanted string) (found []byte) {
	members(object, func(key string, value []byte) bool {
		if key == wanted {
			found = value
		}
		return found == nil
	})
	return found
}

// members calls visit with the members of an object until that returns false.
func members(object []byte, visit func(key string, value []byte) bool) {
	if len(object) == 0 || object[0] != '{' {
		return
	}
	for i := skipSpace(object, 1); object[i] != '}'; {
		keyEnd := valueEnd(object, i)
		key, _ := text(object[i:keyEnd])
		value := skipSpace(object, skipSpace(object, keyEnd)+len(":"))
		end := valueEnd(object, value)
		if !visit(key, object[value:end]) {
			return
		}
		i = skipComma(object, end)
	}
}

// text is what a JSON string says. Other values say nothing.
func text(value []byte) (s string, isString bool) {
	if len(value) < 2 || value[0] != '"' {
		return "", false
	}
	if plain(value) {
		return string(value[1 : len(value)-1]), true
	}
	return unescaped(value)
}

func unescaped(value []byte) (s string, isString bool) {
	if err := json.Unmarshal(value, &s); err != nil {
		return "", false
	}
	return s, true
}

// plain says whether a JSON string stands for its own bytes: no escapes, and
// nothing that might be invalid UTF-8.
func plain(value []byte) bool {
	for _, c := range value {
		if c == '\\' || c >= 0x80 {
			return false
		}
	}
	return true
}

func isNull(value []byte) bool { return string(value) == "null" }

// isEmpty says whether a value is an object or an array with nothing in it.
func isEmpty(value []byte) bool {
	return len(value) > 1 && (value[0] == '{' || value[0] == '[') && skipSpace(value, 1) == len(value)-1
}

// valueEnd is the end of the value that begins at data[i].
func valueEnd(data []byte, i int) int {
	depth := 0
	for {
		switch data[i] {
		case '"':
			// A checked string cannot be cut or contain a bad escape.
			i, _, _ = scanString(data, i+1)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\n', '\r', '\t':
			i++
		default:
			for i < len(data) && !endsScalar(data[i]) {
				i++
			}
		}
		if depth == 0 {
			return i
		}
	}
}

func endsScalar(c byte) bool {
	return c == ',' || c == '}' || c == ']' || c == ':' || isSpace(c)
}

func skipSpace(data []byte, i int) int {
	for isSpace(data[i]) {
		i++
	}
	return i
}

func skipComma(data []byte, i int) int {
	if i = skipSpace(data, i); data[i] == ',' {
		i = skipSpace(data, i+1)
	}
	return i
}

package interpolation

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// variable matches what Benthos replaces in the text of a config: a variable, its
// default, and what decodes it.
var variable = regexp.MustCompile(`\${[0-9A-Za-z_.]+(:((\${[^}]+})|[^}])*)?(?:\|[0-9A-Za-z]+)?}`)

// A Place is where a variable stands in a config.
type Place struct {
	Name string
	Line int

	start, end int       // of the variable, in the text
	quotes     yamlQuote // that the scalar is in
	inner      string    // the quotes inside the scalar: "", `"` or `"""`
	scalar     string    // the scalar, with mark in the place of the variable
	mark       string
	flow       bool // inside [ ] or { }
	item       bool // all of an element of a sequence
}

type yamlQuote int

const (
	unknown yamlQuote = iota // the text is no YAML
	comment
	plain
	single
	double
	block
)

// Find returns the places of all variables of a config, in the order of the text.
func Find(text []byte) []Place {
	matches := variable.FindAllIndex(text, -1)
	places := make([]Place, len(matches))
	var marked bytes.Buffer
	last := 0
	for i, match := range matches {
		name := text[match[0]+2 : match[1]-1]
		if end := bytes.IndexAny(name, ":|"); end >= 0 {
			name = name[:end]
		}
		places[i] = Place{
			Name: string(name), Line: 1 + bytes.Count(text[:match[0]], []byte("\n")),
			start: match[0], end: match[1], mark: mark(i),
		}
		marked.Write(text[last:match[0]])
		marked.WriteString(places[i].mark)
		last = match[1]
	}
	marked.Write(text[last:])
	var document yaml.Node
	if len(places) == 0 || yaml.Unmarshal(marked.Bytes(), &document) != nil {
		return places
	}
	for i := range places {
		places[i].quotes = comment
	}
	locate(&document, false, false, places)
	return places
}

// mark is a word that stands for a variable while the text is looked at as YAML:
// one that is a word of every kind of scalar, and of nobody's.
func mark(i int) string { return fmt.Sprintf("zqPLACE%dqz", i) }

var markPattern = regexp.MustCompile(`zqPLACE(\d+)qz`)

// locate notes for the places in a node, and in those below it, what they are in.
func locate(node *yaml.Node, flow, item bool, places []Place) {
	flow = flow || node.Style&yaml.FlowStyle != 0
	if node.Kind == yaml.ScalarNode {
		for _, match := range markPattern.FindAllStringSubmatchIndex(node.Value, -1) {
			i, err := strconv.Atoi(node.Value[match[2]:match[3]])
			if err != nil || i >= len(places) {
				continue
			}
			place := &places[i]
			place.quotes, place.scalar, place.flow = quotesOf(node.Style), node.Value, flow
			place.inner = openQuote(node.Value[:match[0]])
			place.item = item && node.Value == place.mark
		}
	}
	for _, child := range node.Content {
		locate(child, flow, node.Kind == yaml.SequenceNode, places)
	}
}

func quotesOf(style yaml.Style) yamlQuote {
	switch {
	case style&yaml.SingleQuotedStyle != 0:
		return single
	case style&yaml.DoubleQuotedStyle != 0:
		return double
	case style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return block
	}
	return plain
}

// openQuote returns the quote of Bloblang, or of JSON, that is open at the end of
// the text: ", """, or none.
func openQuote(text string) string {
	for {
		begin := strings.IndexAny(text, `"#`)
		switch {
		case begin < 0:
			return ""
		case text[begin] == '#':
			// A comment of a mapping, unless it is part of a word, as of a URL.
			if begin > 0 && !strings.ContainsRune(" \t\n", rune(text[begin-1])) {
				text = text[begin+1:]
				continue
			}
			end := strings.IndexByte(text[begin:], '\n')
			if end < 0 {
				return ""
			}
			text = text[begin+end:]
		case strings.HasPrefix(text[begin:], `"""`):
			end := strings.Index(text[begin+3:], `"""`)
			if end < 0 {
				return `"""`
			}
			text = text[begin+3+end+3:]
		default:
			rest, closed := afterString(text[begin+1:])
			if !closed {
				return `"`
			}
			text = rest
		}
	}
}

// afterString returns what follows the quote that ends a string.
func afterString(text string) (rest string, closed bool) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return text[i+1:], true
		}
	}
	return "", false
}

// InComment tells whether nothing reads what stands in the place.
func (p Place) InComment() bool { return p.quotes == comment }

// What a place can't take. The errors say what is wrong with the value without
// showing it.
var (
	errNotText  = errors.New("it has bytes that are no text")
	errTriple   = errors.New("it stands in triple quotes, which take neither those nor a quote at the end")
	errBlock    = errors.New("it has a line break or a control character, which a | or > block can't take")
	errSingle   = errors.New("it has a control character, a carriage return, or a space beside a line break, which '' quotes can't take; \"\" quotes can")
	errUnquoted = errors.New("it stands without quotes, and changes what the line means; put quotes around it")
	errDouble   = errors.New(`it can't be written in "" quotes`)
)

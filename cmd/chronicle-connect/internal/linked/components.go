package linked

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Component is a Benthos component: its kind as Benthos names the types of
// fields (input, processor, rate_limit, tracer, …), and its name.
type Component struct {
	Kind string
	Name string
}

// EnterpriseComponents returns the components that are registered in a file
// under the Redpanda Community License, or in one that asks for an enterprise
// licence. A registration that can't be read off the source is an error.
func EnterpriseComponents(modules []Module) ([]Component, error) {
	var components []Component
	for _, module := range modules {
		for _, p := range module.Packages {
			found, err := enterpriseComponents(p)
			if err != nil {
				return nil, fmt.Errorf("looking for components in %s: %w", p.ImportPath, err)
			}
			components = append(components, found...)
		}
	}
	slices.SortFunc(components, func(a, b Component) int {
		return strings.Compare(a.Kind+" "+a.Name, b.Kind+" "+b.Name)
	})
	return components, nil
}

func enterpriseComponents(p Package) ([]Component, error) {
	sources := map[string][]byte{}
	var enterprise []string
	for _, file := range p.GoFiles {
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading a linked file: %w", err)
		}
		sources[file] = source
		if underCommunityLicence(source) || asksForLicence(source) {
			enterprise = append(enterprise, file)
		}
	}
	if len(enterprise) == 0 {
		return nil, nil
	}
	positions := token.NewFileSet()
	constants := map[string]string{}
	syntax := map[string]*ast.File{}
	for file, source := range sources {
		parsed, err := parser.ParseFile(positions, file, source, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("parsing a linked file: %w", err)
		}
		syntax[file] = parsed
		collectConstants(parsed, constants)
	}
	var components []Component
	for _, file := range enterprise {
		found, err := registrations(positions, syntax[file], constants)
		if err != nil {
			return nil, err
		}
		components = append(components, found...)
	}
	return components, nil
}

// collectConstants notes the strings that a file declares by name.
func collectConstants(file *ast.File, constants map[string]string) {
	for _, declaration := range file.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range general.Specs {
			value, ok := spec.(*ast.ValueSpec)
			if !ok || len(value.Values) != len(value.Names) {
				continue
			}
			for i, name := range value.Names {
				if text, ok := stringOf(value.Values[i], nil); ok {
					constants[name.Name] = text
				}
			}
		}
	}
}

// registrations finds the components that a file registers with Benthos'
// package service.
func registrations(positions *token.FileSet, file *ast.File, constants map[string]string) ([]Component, error) {
	var components []Component
	var failure error
	ast.Inspect(file, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		function := calledOfService(call)
		if !strings.HasPrefix(strings.TrimPrefix(function, "Must"), "Register") {
			return true
		}
		kind, known := kindOf(function)
		name, readable := "", false
		if len(call.Args) > 0 {
			name, readable = stringOf(call.Args[0], constants)
		}
		if !known || !readable {
			failure = fmt.Errorf("%s: a call of service.%s that can't be read: kind %q, name %q", positions.Position(call.Pos()), function, kind, name)
			return false
		}
		components = append(components, Component{Kind: kind, Name: name})
		return true
	})
	return components, failure
}

// calledOfService returns the name of the function that is called, if it is
// one of a package named service.
func calledOfService(call *ast.CallExpr) string {
	function, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if pkg, ok := function.X.(*ast.Ident); !ok || pkg.Name != "service" {
		return ""
	}
	return function.Sel.Name
}

var registration = regexp.MustCompile(`^(?:Must)?Register(?:Otel|Batch)?(Buffer|Cache|Input|Metrics|Output|Processor|RateLimit|Scanner|Tracer)(?:Exporter|Provider|Creator)?$`)

// kindOf returns the kind of component that a function registers.
func kindOf(function string) (kind string, known bool) {
	match := registration.FindStringSubmatch(function)
	if match == nil {
		return "", false
	}
	if match[1] == "RateLimit" {
		return "rate_limit", true
	}
	return strings.ToLower(match[1]), true
}

// stringOf returns the value of an expression that is a string, or the name of
// one of the constants.
func stringOf(expression ast.Expr, constants map[string]string) (string, bool) {
	switch expression := expression.(type) {
	case *ast.BasicLit:
		value, err := strconv.Unquote(expression.Value)
		return value, err == nil && expression.Kind == token.STRING
	case *ast.Ident:
		value, ok := constants[expression.Name]
		return value, ok
	}
	return "", false
}

// Parsing a file into a tree: it detects the syntax, and rejects files that are
// not text.

package document

import (
	"bytes"
	"errors"
	"path"
	"unicode/utf8"

	"capaboot/internal/problem"
)

// parse returns the root of a file or, for a response of AWS, its document.
func parse(file string, text []byte) (*node, error) {
	fileProblem := func(message string) error { return problem.List{{File: file, Message: message}} }
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	switch {
	case len(text) > MaxFileSize:
		return nil, fileProblem("it is larger than 4 MiB, the limit for a policy or template")
	case bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")):
		return nil, fileProblem("it is UTF-16 text; save the file as UTF-8")
	case bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text):
		return nil, fileProblem("it is not UTF-8 text: want a policy or template in JSON or YAML")
	}
	root, err := parseJSONOrYAML(file, text)
	if err != nil {
		var p problem.Problem
		if errors.As(err, &p) {
			return nil, problem.List{p}
		}
		return nil, err
	}
	if root == nil || root.kind == nullNode {
		return nil, fileProblem("it is empty: want a policy or template in JSON or YAML")
	}
	return documentInResponse(file, root), nil
}

// parseJSONOrYAML reads JSON or YAML, depending on the file name and the first
// character. JSON has a separate reader: it is much faster, and JSON that is
// indented with tabs is not valid YAML.
func parseJSONOrYAML(file string, text []byte) (*node, error) {
	extension := path.Ext(file)
	start := bytes.TrimLeft(text, " \t\r\n")
	if extension != ".json" && (len(start) == 0 || start[0] != '{' && start[0] != '[') {
		return readYAML(file, text)
	}
	if len(start) == 0 {
		return nil, nil
	}
	root, err := readJSON(file, text)
	if err != nil && (extension == ".yaml" || extension == ".yml") {
		// The text may be a YAML flow mapping: {Version: 2012-10-17}.
		return readYAML(file, text)
	}
	return root, err
}

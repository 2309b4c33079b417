// The text of a secret: its parts, and its fields if it is JSON, a URL, or pairs of a
// name and a value.

package document

import "strings"

// maxSecretLength limits the length in bytes of the text of a secret. It is the limit
// of Secrets Manager. Source: Secrets Manager User Guide, "AWS Secrets Manager quotas".
const maxSecretLength = 64 << 10

// partsOf returns the parts of a text that a template writes with Fn::Sub and Fn::Join:
// texts, values that only other functions determine, and dynamic references as
// Fn::Resolve.
func (r *resolver) partsOf(n *node) []*node {
	joined := r.concatWithin(maxSecretLength, textAt(n, ""), r.flatten(nil, n))
	if parts := joinedParts(joined); parts != nil {
		return parts
	}
	return []*node{joined}
}

// flatten adds the parts of the text n to parts.
func (r *resolver) flatten(parts []*node, n *node) []*node {
	if !r.spend(1) {
		return parts
	}
	if inner := n.partsOfText(); inner != nil {
		for _, part := range inner {
			parts = r.flatten(parts, part)
		}
		return parts
	}
	return append(parts, n)
}

// partsOfText returns the parts of an Fn::Sub, or of an Fn::Join whose list is written in
// the template. It returns nil for another node.
func (n *node) partsOfText() []*node {
	name, argument, isFunction := n.intrinsic()
	switch {
	case isFunction && name == "Sub" && argument.kind == textNode:
		return subParts(n, argument.value, nil)
	case isFunction && name == "Sub" && argument.kind == listNode && len(argument.items) == 2 && argument.items[0].kind == textNode:
		return subParts(n, argument.items[0].value, argument.items[1])
	case !isFunction || name != "Join" || argument.kind != listNode || len(argument.items) != 2 || !argument.items[0].isScalar() || argument.items[1].kind != listNode:
		return nil
	}
	parts := []*node{}
	for i, item := range argument.items[1].items {
		if i > 0 {
			parts = append(parts, argument.items[0])
		}
		parts = append(parts, item)
	}
	return parts
}

// textField is a field of a text, or of a mapping.
type textField struct {
	name    string // "" if there is none, or if it is not a text
	secrecy secrecy
	value   []*node // the parts of the value
}

// newField returns a field. If the name of the field does not say whether the
// value is secret, and the outer field has the name of a secret, the outer name
// counts. A plain outer name says nothing: in {"database": {"auth": "x"}}, x is
// not the name of a database.
func newField(name string, around textField, value []*node) textField {
	f := textField{name, fieldSecrecy(name), value}
	if f.secrecy == unclearSecrecy && around.secrecy == isSecretName {
		f.name, f.secrecy = around.name, around.secrecy
	}
	return f
}

// mappingFields returns the fields of a mapping that is written as YAML or JSON, such
// as the argument of Fn::ToJsonString.
func (r *resolver) mappingFields(n *node, around textField) (fields []textField) {
	_, _, isFunction := n.intrinsic()
	switch {
	case n.isNoValue():
	case n.kind == mappingNode && !isFunction:
		for _, f := range n.fields {
			fields = append(fields, r.mappingFields(f.value, newField(f.key, around, nil))...)
		}
	case n.kind == listNode:
		for _, item := range n.items {
			fields = append(fields, r.mappingFields(item, around)...)
		}
	default:
		around.value = r.partsOf(n)
		fields = append(fields, around)
	}
	return fields
}

// textFields returns the fields of a text, given its parts: of JSON, of a URL with a
// password, or of pairs of a name and a value (password=x;user=y). It returns false if
// the text is something else.
func textFields(parts []*node) (fields []textField, ok bool) {
	if fields, ok = jsonFields(parts); ok {
		return fields, true
	}
	if fields, ok = urlFields(parts); ok {
		return fields, true
	}
	return pairFields(parts)
}

// marked returns the parts of the text of a secret, and the text with marks for those
// that are unknown.
func marked(parts []*node) (m *markedText, text string) {
	m = &markedText{position: parts[0], limit: maxSecretLength}
	return m, m.build(parts)
}

// urlFields returns the password of a URL: scheme://user:password@host/path.
func urlFields(parts []*node) ([]textField, bool) {
	m, text := marked(parts)
	scheme, rest, _ := strings.Cut(strings.Trim(text, jsonSpace), "://")
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
	}
	at := strings.LastIndex(authority, "@")
	if strings.ContainsAny(scheme, jsonSpace+unknownMark) || at < 0 || strings.ContainsAny(rest, jsonSpace) {
		return nil, false
	}
	user, password, hasPassword := strings.Cut(authority[:at], ":")
	if !hasPassword {
		return nil, false
	}
	m.pieces(user)
	return []textField{{"", isSecretName, m.pieces(password)}}, true
}

// pairFields returns the values of the pairs in a text. It returns false unless one of
// them has the name of a secret.
func pairFields(parts []*node) (fields []textField, ok bool) {
	m, text := marked(parts)
	for _, pair := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(jsonSpace+";&?", c) }) {
		name, value, isPair := strings.Cut(pair, "=")
		if !isPair {
			fields = append(fields, textField{value: m.pieces(pair)})
			continue
		}
		m.pieces(name)
		f := newField(strings.Trim(name, jsonSpace), textField{}, m.pieces(value))
		fields, ok = append(fields, f), ok || f.secrecy == isSecretName
	}
	return fields, ok
}

// jsonFields returns the fields of a text that is a JSON object or a list, given its
// parts. It returns false if the text is something else.
func jsonFields(parts []*node) ([]textField, bool) {
	m, text := marked(parts)
	s := &fieldScanner{m: m, text: strings.TrimLeft(text, jsonSpace)}
	if !strings.HasPrefix(s.text, "{") && !strings.HasPrefix(s.text, "[") {
		return nil, false
	}
	isJSON := s.scan()
	return s.fields, isJSON
}

const jsonSpace = " \t\r\n"

// fieldScanner reads a JSON object or list. A value may lack quotes: the template can
// write a number as a reference ("port": ${Port}).
type fieldScanner struct {
	m      *markedText
	text   string // the text that is not read yet
	fields []textField
	around []textField // the objects and lists around the next value
	key    textField   // the field of the next value
	hasKey bool        // in an object: key is the key of the next value
}

// scan reads the text. It returns false if the text is not JSON.
func (s *fieldScanner) scan() bool {
	var isObject []bool
	for {
		s.text = strings.TrimLeft(s.text, jsonSpace)
		if s.text == "" {
			return false
		}
		c := s.text[0]
		inObject := len(isObject) > 0 && isObject[len(isObject)-1]
		switch {
		case c == '{', c == '[':
			s.around, isObject = append(s.around, s.current(inObject)), append(isObject, c == '{')
			s.hasKey = false
		case c == '}', c == ']':
			if inObject != (c == '}') {
				return false
			}
			s.around, isObject = s.around[:len(s.around)-1], isObject[:len(isObject)-1]
			if len(isObject) == 0 {
				return strings.Trim(s.text[1:], jsonSpace) == ""
			}
		case c == ',':
			s.hasKey = false
		case c == ':':
		default:
			token, ok := s.token()
			if !ok {
				return false
			}
			isKey := strings.HasPrefix(strings.TrimLeft(s.text, jsonSpace), ":")
			parts := s.m.pieces(token)
			if inObject && !s.hasKey && isKey {
				name := ""
				if len(parts) == 1 && parts[0].isScalar() {
					name = parts[0].value
				}
				s.key, s.hasKey = newField(name, s.around[len(s.around)-1], nil), true
				continue
			}
			f := s.current(inObject)
			if f.value = parts; token != "null" {
				s.fields = append(s.fields, f)
			}
			continue
		}
		s.text = s.text[1:]
	}
}

// current returns the field of the next value.
func (s *fieldScanner) current(inObject bool) textField {
	switch {
	case inObject && s.hasKey:
		return s.key
	case len(s.around) > 0:
		return s.around[len(s.around)-1]
	}
	return textField{}
}

// token reads a string, without its quotes, or another value.
func (s *fieldScanner) token() (string, bool) {
	if s.text[0] != '"' {
		end := strings.IndexAny(s.text, jsonSpace+`,:{}[]"`)
		if end <= 0 {
			return "", false
		}
		token := s.text[:end]
		s.text = s.text[end:]
		return token, true
	}
	for i := 1; i < len(s.text); i++ {
		switch s.text[i] {
		case '\\':
			i++
		case '"':
			token := s.text[1:i]
			s.text = s.text[i+1:]
			return token, true
		}
	}
	return "", false
}

// JSON documents: records of CloudTrail, decoded authorization messages, and
// errors and log lines that are JSON.

package denial

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

// record is what a document around a message tells of the request.
type record struct {
	action, principal, resource, code string
}

// complete fills what a message leaves out.
func (k record) complete(d Denial) Denial {
	d.Action = or(d.Action, k.action)
	d.Principal = or(d.Principal, k.principal)
	d.Resource = or(d.Resource, k.resource)
	d.Code = or(d.Code, k.code)
	return d
}

// maxDepth bounds how deep documents stand in each other.
const maxDepth = 100

// documents reads the JSON documents of a text, wherever a line has one, and
// returns the text with blanks in their place.
func (r *reader) documents(text []byte) []byte {
	rest := text
	budget := 8*len(text) + 1<<20 // bytes to try: what ends nowhere is tried once
	for i := 0; i < len(r.lines); i++ {
		start := r.lines[i]
		end := len(text)
		if i+1 < len(r.lines) {
			end = r.lines[i+1]
		}
		open := bytes.IndexAny(text[start:end], "{[")
		if open < 0 {
			continue
		}
		start += open
		if text[start] == '[' && !looksLikeList(text[start:]) {
			if open = bytes.IndexByte(text[start:end], '{'); open < 0 {
				continue
			}
			start += open
		}
		if budget -= 64; budget < 0 {
			break
		}
		p := newParser(r, text[start:], origin{start, 1})
		value, err := p.value(0)
		used := int(p.decoder.InputOffset())
		budget -= used
		if err != nil {
			continue
		}
		if &rest[0] == &text[0] {
			rest = bytes.Clone(text)
		}
		for j := start; j < start+used; j++ {
			if rest[j] != '\n' {
				rest[j] = ' '
			}
		}
		r.rest(value, origin{at: start}, 0)
		for i+1 < len(r.lines) && r.lines[i+1] < start+used {
			i++
		}
	}
	return rest
}

// looksLikeList reports whether a bracket opens a list of JSON, not a part of a
// log line such as "[controller]".
func looksLikeList(text []byte) bool {
	after := bytes.TrimLeft(text[1:min(len(text), 200)], " \t\n")
	return len(after) > 0 && (after[0] == '{' || after[0] == '"')
}

// parser reads one document. Objects that tell of a request are handled as they
// end, so that each has its own line; what is left of them is not told again.
type parser struct {
	*reader
	decoder *json.Decoder
	origin  origin
}

func newParser(r *reader, text []byte, from origin) *parser {
	p := &parser{r, json.NewDecoder(bytes.NewReader(text)), from}
	p.decoder.UseNumber()
	return p
}

// told takes the place of an object that has been handled.
type told struct{}

func (p *parser) value(depth int) (any, error) {
	token, err := p.decoder.Token()
	if err != nil {
		return nil, err
	}
	begin := origin{at: p.origin.position(int(p.decoder.InputOffset()) - 1)}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if depth > maxDepth {
		return nil, errDepth
	}
	if delim == '[' {
		list := []any{}
		for p.decoder.More() {
			v, err := p.value(depth + 1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = p.decoder.Token()
		return list, err
	}
	object := map[string]any{}
	for p.decoder.More() {
		key, err := p.decoder.Token()
		if err != nil {
			return nil, err
		}
		if object[key.(string)], err = p.value(depth + 1); err != nil {
			return nil, err
		}
	}
	if _, err = p.decoder.Token(); err != nil {
		return nil, err
	}
	if p.request(object, begin) {
		return told{}, nil
	}
	return object, nil
}

var errDepth = errors.New("too deep")

// request handles an object that is a record of CloudTrail or a decoded message.
func (r *reader) request(object map[string]any, from origin) bool {
	if _, ok := object["eventName"].(string); ok && object["eventSource"] != nil {
		r.trail(object, from)
		return true
	}
	if context, ok := object["context"].(map[string]any); ok && object["allowed"] != nil {
		r.decoded(object, context, from)
		return true
	}
	return false
}

// rest looks through what is left of a document: texts that are documents
// themselves, and messages.
func (r *reader) rest(value any, from origin, depth int) {
	if depth > maxNested {
		return
	}
	texts, code := leaves(value, nil, "")
	for _, text := range texts {
		if inner := strings.TrimSpace(text); strings.HasPrefix(inner, "{") {
			p := newParser(r, []byte(inner), origin{at: from.at})
			if v, err := p.value(0); err == nil {
				r.rest(v, p.origin, depth+1)
				continue
			}
		}
		r.messages([]byte(text), origin{at: from.at}, record{code: code})
	}
}

// maxNested bounds how often a text of a document is a document itself:
// CloudTrail's record in an event of CloudWatch in a message of SNS is three.
const maxNested = 8

// leaves returns the texts of a value in the order of their keys, and the code
// of a denial among them, if there is one.
func leaves(value any, texts []string, code string) ([]string, string) {
	switch v := value.(type) {
	case []any:
		for _, e := range v {
			texts, code = leaves(e, texts, code)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			texts, code = leaves(v[key], texts, code)
		}
	case string:
		if name := v[strings.LastIndexByte(v, '#')+1:]; compiled().deniedCode.MatchString(name) {
			code = name
		}
		if !slices.Contains(texts[max(0, len(texts)-8):], v) { // "msg" and "error" often say the same
			texts = append(texts, v)
		}
	}
	return texts, code
}

// trail tells of a record of CloudTrail. Source: CloudTrail User Guide,
// "CloudTrail record contents" and "CloudTrail userIdentity element".
func (r *reader) trail(object map[string]any, from origin) {
	code := text(object["errorCode"])
	message := text(object["errorMessage"])
	if code == "" {
		return
	}
	source, _, _ := strings.Cut(text(object["eventSource"]), ".")
	identity, _ := object["userIdentity"].(map[string]any)
	known := record{code: code, action: actionOf(source, text(object["eventName"])),
		principal: first(text(identity["arn"]), text(identity["invokedBy"]), text(identity["principalId"]))}
	if resources, ok := object["resources"].([]any); ok && len(resources) > 0 {
		resource, _ := resources[0].(map[string]any)
		known.resource = first(text(resource["ARN"]), text(resource["arn"]))
	}
	if parameters, ok := object["requestParameters"].(map[string]any); ok && known.resource == "" {
		known.resource = text(parameters["roleArn"])
	}
	if !compiled().deniedCode.MatchString(code) {
		name := code[strings.LastIndexByte(code, '.')+1:]
		if why, ok := others[name]; ok {
			r.addOther(Other{Code: code, Line: r.line(from.at), Why: why})
		}
		return
	}
	before := r.mentions
	r.messages([]byte(message), from, known)
	if r.mentions == before {
		d := Denial{Encoded: compiled().encoded.MatchString(message)}
		if code == "VpceAccessDenied" {
			d.Policy = Endpoint
			known.resource = first(known.resource, text(object["vpcEndpointId"]))
		}
		r.add(d, from.at, known)
	}
}

// decoded tells of the message that sts:DecodeAuthorizationMessage returns.
// Source: STS API Reference, "DecodeAuthorizationMessage".
func (r *reader) decoded(object, context map[string]any, from origin) {
	if allowed, ok := object["allowed"].(bool); !ok || allowed {
		return
	}
	explicit, _ := object["explicitDeny"].(bool)
	principal, _ := context["principal"].(map[string]any)
	action, _ := canonical(text(context["action"]))
	d := Denial{Action: action, Principal: text(principal["arn"]), Resource: text(context["resource"]), Explicit: explicit}
	if matched, ok := object["matchedStatements"].(map[string]any); ok {
		d.Statement = statementID(matched)
	}
	r.add(d, from.at, record{})
}

// statementID is the Sid of the statement that denies, if there is one with a Sid.
func statementID(matched map[string]any) string {
	items, _ := matched["items"].([]any)
	for _, item := range items {
		statement, _ := item.(map[string]any)
		if id := text(statement["statementId"]); id != "" {
			return id
		}
	}
	return ""
}

func text(value any) string {
	s, _ := value.(string)
	return s
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

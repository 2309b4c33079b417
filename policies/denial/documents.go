// JSON documents: records of CloudTrail, decoded authorization messages, and
// errors and log lines that are JSON.

package denial

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"capaboot/internal/lazy"
)

// record is what a document around a message says about the request.
type record struct {
	action, principal, resource, code string
}

// complete fills what a message leaves out.
func (k record) complete(d Denial) Denial {
	if d.Action = cmp.Or(d.Action, k.action); d.Operation == "" && k.action != d.Action {
		d.Operation = k.action
	}
	d.Principal = cmp.Or(d.Principal, k.principal)
	d.Resource = cmp.Or(d.Resource, k.resource)
	d.Code = cmp.Or(d.Code, k.code)
	return d
}

// sameService reports whether two actions are of one service.
func sameService(a, b string) bool {
	service, _, _ := strings.Cut(a, ":")
	return b != "" && strings.HasPrefix(b, service+":")
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

// parser reads one document. Objects that describe a request are handled as they
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
		if _, err = p.decoder.Token(); err != nil {
			return nil, err
		}
		if object := pairs(list); object != nil {
			return p.handled(object, begin), nil
		}
		return list, nil
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
	return p.handled(object, begin), nil
}

// handled is what is left of an object: nothing, if it describes a request.
func (p *parser) handled(object map[string]any, begin origin) any {
	if p.request(object, begin) {
		return told{}
	}
	return object
}

// pairs is a list of fields and values as an object, nil for another list. Source:
// CloudWatch Logs API Reference, "GetQueryResults" and "ResultField".
func pairs(list []any) map[string]any {
	object := map[string]any{}
	for _, e := range list {
		pair, _ := e.(map[string]any)
		field, ok := pair["field"].(string)
		if value, has := pair["value"]; ok && has && len(pair) == 2 {
			object[field] = value
			continue
		}
		return nil
	}
	if len(object) == 0 {
		return nil
	}
	return object
}

var errDepth = errors.New("too deep")

// request handles an object that is a record of CloudTrail or a decoded message.
func (r *reader) request(object map[string]any, from origin) bool {
	if text(object["eventName"]) != "" && (object["eventSource"] != nil || object["errorCode"] != nil) {
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
	switch v := value.(type) {
	case []any:
		for _, e := range v {
			r.rest(e, from, depth)
		}
		return
	case map[string]any:
		r.object(v, from, depth)
		return
	case string:
		r.leaf(v, from, record{}, depth)
	}
}

// object looks through an object. What several of its texts tell ("msg" and
// "error" of a log line) is told once.
func (r *reader) object(object map[string]any, from origin, depth int) {
	keys := slices.Sorted(maps.Keys(object))
	known := record{}
	for _, key := range keys {
		if v, ok := object[key].(string); ok {
			if name := v[strings.LastIndexByte(v, '#')+1:]; compiled.Get().deniedCode.MatchString(name) {
				known.code = name
			}
		}
	}
	before := r.once
	r.once = map[string]bool{}
	for _, key := range keys {
		if v, ok := object[key].(string); ok && !expected.Get().MatchString(key) {
			r.leaf(v, from, known, depth)
		}
	}
	r.once = before
	for _, key := range keys {
		if _, ok := object[key].(string); !ok && !expected.Get().MatchString(key) {
			r.rest(object[key], from, depth)
		}
	}
}

// expected are the keys of what a test expects, and of what a specification
// describes.
var expected = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?:want|expect|example|documentation)`)
}}

// leaf reads one text of a document.
func (r *reader) leaf(text string, from origin, known record, depth int) {
	if inner := strings.TrimSpace(text); strings.HasPrefix(inner, "{") || strings.HasPrefix(inner, "[{") {
		p := newParser(r, []byte(inner), origin{at: from.at})
		if v, err := p.value(0); err == nil {
			r.rest(v, p.origin, depth+1)
			return
		}
	}
	r.messages([]byte(text), origin{at: from.at}, known)
}

// maxNested bounds how often a text of a document is a document itself:
// CloudTrail's record in an event of CloudWatch in a message of SNS is three.
const maxNested = 8

// trail describes a record of CloudTrail, or of fields of one. Source: CloudTrail
// User Guide, "CloudTrail record contents" and "CloudTrail userIdentity element".
func (r *reader) trail(object map[string]any, from origin) {
	code, message := text(object["errorCode"]), text(object["errorMessage"])
	if code == "" {
		return
	}
	source, _, _ := strings.Cut(text(object["eventSource"]), ".")
	known := record{code: code, action: actionOf(source, text(object["eventName"])),
		principal: cmp.Or(at(object, "userIdentity.arn"), at(object, "userIdentity.invokedBy"), at(object, "userIdentity.principalId"))}
	known.resource = resourceOf(object, known.action, known.principal)
	if !compiled.Get().deniedCode.MatchString(code) {
		name := code[strings.LastIndexByte(code, '.')+1:]
		if why, ok := others.Get()[name]; ok {
			r.addOther(Other{Code: code, Line: r.line(from.at), Why: why})
		}
		return
	}
	before := r.mentions
	r.messages([]byte(message), from, known)
	if r.mentions == before {
		d := Denial{Encoded: compiled.Get().encoded.MatchString(message)}
		if code == "VpceAccessDenied" {
			d.Policy = Endpoint
			known.resource = cmp.Or(known.resource, text(object["vpcEndpointId"]))
		}
		r.add(d, from.at, known)
	}
}

// decoded reads the message that sts:DecodeAuthorizationMessage returns.
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

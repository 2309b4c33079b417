// Reads JSON documents: CloudTrail records, decoded authorization messages, and
// errors and log lines in JSON.

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

// requestContext has what a document says about a request. It completes the messages in
// the document.
type requestContext struct {
	action, principal, resource, code string
}

// complete fills in what a message lacks. If the message names another action
// than the document, and no operation, the action of the document becomes the
// operation.
func (k requestContext) complete(d Denial) Denial {
	if d.Action = cmp.Or(d.Action, k.action); d.Operation == "" && k.action != d.Action {
		d.Operation = k.action
	}
	d.Principal = cmp.Or(d.Principal, k.principal)
	d.Resource = cmp.Or(d.Resource, k.resource)
	d.Code = cmp.Or(d.Code, k.code)
	return d
}

func sameService(a, b string) bool {
	service, _, _ := strings.Cut(a, ":")
	return b != "" && strings.HasPrefix(b, service+":")
}

// maxDepth limits the nesting of JSON. A document that is nested more deeply is
// searched like a text that is not JSON.
const maxDepth = 100

// readDocuments reads the JSON documents in a text, as far as its budget
// allows, and returns the text with the documents replaced by spaces.
func (r *reader) readDocuments(text []byte) []byte {
	rest := text
	budget := 8*len(text) + 1<<20 // limits the bytes that are parsed, because an unclosed document may be parsed again from each of its lines
	for i := 0; i < len(r.lineOffsets); i++ {
		start := r.lineOffsets[i]
		end := r.lineEnd(i, len(text))
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
		if start > 0 && text[start-1] == '"' && bytes.HasPrefix(text[start:], []byte(`{\"`)) {
			start-- // a document in a string, such as the output of the AWS CLI for --query DecodedMessage
		}
		if budget -= 64; budget < 0 {
			break
		}
		p := newParser(r, text[start:], origin{start, 1})
		value, err := p.parseValue(0)
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
		r.readValue(value, origin{at: start}, 0)
		for i+1 < len(r.lineOffsets) && r.lineOffsets[i+1] < start+used {
			i++
		}
	}
	return rest
}

// looksLikeList reports whether a bracket opens a JSON list rather than a part
// of a log line such as "[controller]".
func looksLikeList(text []byte) bool {
	after := bytes.TrimLeft(text[1:min(len(text), 200)], " \t\n")
	return len(after) > 0 && (after[0] == '{' || after[0] == '"')
}

// parser reads one document. It handles an object that describes a request as
// soon as the object ends, so that each request has its own line and is not
// reported again.
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

// handledObject replaces an object that has been handled.
type handledObject struct{}

func (p *parser) parseValue(depth int) (any, error) {
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
			v, err := p.parseValue(depth + 1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		if _, err = p.decoder.Token(); err != nil {
			return nil, err
		}
		if object := fieldObject(list); object != nil {
			return p.handle(object, begin), nil
		}
		return list, nil
	}
	object := map[string]any{}
	for p.decoder.More() {
		key, err := p.decoder.Token()
		if err != nil {
			return nil, err
		}
		if object[key.(string)], err = p.parseValue(depth + 1); err != nil {
			return nil, err
		}
	}
	if _, err = p.decoder.Token(); err != nil {
		return nil, err
	}
	return p.handle(object, begin), nil
}

// handle reads an object that describes a request, and returns a handledObject
// in its place. It returns any other object unchanged.
func (p *parser) handle(object map[string]any, begin origin) any {
	isOutermost := p.origin.step == 1 // otherwise, several objects have the same position
	if isOutermost && p.handled[begin.at] {
		return handledObject{}
	}
	if !p.readRequest(object, begin) {
		return object
	}
	if isOutermost {
		p.handled[begin.at] = true
	}
	return handledObject{}
}

// fieldObject converts a list of fields and values to an object. It returns nil
// for any other list. Source: CloudWatch Logs API Reference, "GetQueryResults"
// and "ResultField".
func fieldObject(list []any) map[string]any {
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

// readRequest reads an object that is a CloudTrail record or a decoded message,
// and reports whether it is one.
func (r *reader) readRequest(object map[string]any, from origin) bool {
	if asText(object["eventName"]) != "" && (object["eventSource"] != nil || object["errorCode"] != nil) {
		r.readTrail(object, from)
		return true
	}
	if context, ok := object["context"].(map[string]any); ok && object["allowed"] != nil {
		r.readDecoded(object, context, from)
		return true
	}
	return false
}

// readValue searches a value of a document for texts that are messages or
// documents themselves.
func (r *reader) readValue(value any, from origin, depth int) {
	if depth > maxNested {
		return
	}
	switch v := value.(type) {
	case []any:
		for _, e := range v {
			r.readValue(e, from, depth)
		}
		return
	case map[string]any:
		r.readObject(v, from, depth)
		return
	case string:
		r.readText(v, from, requestContext{}, depth)
	}
}

// readObject searches an object, except for the values of keys that quotingKeys
// matches. A denial that several of its texts report ("msg" and "error" of a
// log line) counts once.
func (r *reader) readObject(object map[string]any, from origin, depth int) {
	keys := slices.Sorted(maps.Keys(object))
	known := requestContext{}
	for _, key := range keys {
		if v, ok := object[key].(string); ok {
			if name := v[strings.LastIndexByte(v, '#')+1:]; patterns.Get().deniedCode.MatchString(name) {
				known.code = name
			}
		}
	}
	before := r.inObject
	r.inObject = map[string]bool{}
	for _, key := range keys {
		if v, ok := object[key].(string); ok && !quotingKeys.Get().MatchString(key) {
			r.readText(v, from, known, depth)
		}
	}
	r.inObject = before
	for _, key := range keys {
		if _, ok := object[key].(string); !ok && !quotingKeys.Get().MatchString(key) {
			r.readValue(object[key], from, depth)
		}
	}
}

// quotingKeys matches the keys of expected values in tests and of descriptions
// in specifications.
var quotingKeys = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?:want|expect|example|documentation)`)
}}

// readText reads a text of a document: as a document if it is JSON, otherwise
// as a message.
func (r *reader) readText(text string, from origin, known requestContext, depth int) {
	if inner := strings.TrimSpace(text); strings.HasPrefix(inner, "{") || strings.HasPrefix(inner, "[{") {
		p := newParser(r, []byte(inner), origin{at: from.at})
		if v, err := p.parseValue(0); err == nil {
			r.readValue(v, p.origin, depth+1)
			return
		}
	}
	r.readMessages([]byte(text), origin{at: from.at}, known)
}

// maxNested limits how deeply JSON documents are nested, each in a text of the document
// around it. A document nested more deeply is not read. A CloudTrail record in a
// CloudWatch event in an SNS message has three levels.
const maxNested = 8

// readTrail reads a complete or partial CloudTrail record. Source: CloudTrail
// User Guide, "CloudTrail record contents" and "CloudTrail userIdentity
// element".
func (r *reader) readTrail(object map[string]any, from origin) {
	code, message := asText(object["errorCode"]), asText(object["errorMessage"])
	if code == "" {
		return
	}
	source, _, _ := strings.Cut(asText(object["eventSource"]), ".")
	known := requestContext{code: code, action: actionOf(source, asText(object["eventName"])),
		principal: cmp.Or(textAt(object, "userIdentity.arn"), textAt(object, "userIdentity.invokedBy"), textAt(object, "userIdentity.principalId"))}
	known.resource = resourceOf(object, known.action, known.principal)
	if !patterns.Get().deniedCode.MatchString(code) {
		name := code[strings.LastIndexByte(code, '.')+1:]
		if why, ok := otherErrors.Get()[name]; ok {
			r.addOther(Other{Code: code, Line: r.lineNumber(from.at), Why: why})
		}
		return
	}
	// Each record is a request of its own, even if another one in the same text
	// has the same message.
	outer := r.inObject
	r.inObject = map[string]bool{}
	defer func() {
		if outer != nil {
			maps.Copy(outer, r.inObject)
		}
		r.inObject = outer
	}()
	before := r.mentionCount
	r.readMessages([]byte(message), from, known)
	if r.mentionCount == before {
		d := Denial{Encoded: patterns.Get().encoded.MatchString(message)}
		if code == "VpceAccessDenied" {
			d.Policy = Endpoint
			known.resource = cmp.Or(known.resource, asText(object["vpcEndpointId"]))
		}
		r.add(d, from.at, known)
	}
}

// readDecoded reads the message that sts:DecodeAuthorizationMessage returns.
// Source: STS API Reference, "DecodeAuthorizationMessage".
func (r *reader) readDecoded(object, context map[string]any, from origin) {
	if allowed, ok := object["allowed"].(bool); !ok || allowed {
		return
	}
	explicit, _ := object["explicitDeny"].(bool)
	principal, _ := context["principal"].(map[string]any)
	action, _ := canonicalAction(asText(context["action"]))
	d := Denial{Action: action, Principal: asText(principal["arn"]), Resource: asText(context["resource"]), Explicit: explicit}
	if matched, ok := object["matchedStatements"].(map[string]any); ok {
		d.Statement = statementID(matched)
	}
	r.add(d, from.at, requestContext{})
}

// statementID returns the Sid of the first denying statement that has one.
func statementID(matched map[string]any) string {
	items, _ := matched["items"].([]any)
	for _, item := range items {
		statement, _ := item.(map[string]any)
		if id := asText(statement["statementId"]); id != "" && !strings.EqualFold(asText(statement["effect"]), "Allow") {
			return id
		}
	}
	return ""
}

func asText(value any) string {
	s, _ := value.(string)
	return s
}

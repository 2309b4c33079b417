// How the value of a secret becomes visible, for every intrinsic function with which
// a template can write it.

package document

import (
	"slices"
	"strings"
)

// minSecretLength is the minimum length of a password in IAM and RDS. A shorter text
// beside a visible parameter does not count as a part of a password: it only separates
// parts, or satisfies a rule about characters.
const minSecretLength = 8

// exposureReader reads the value of one secret.
type exposureReader struct {
	*templateReader
	// canHaveOtherText is true for a secret that can contain texts that are not secret,
	// such as a connection string.
	canHaveOtherText bool
}

// exposures returns the ways in which the value of a secret becomes visible; nil if it
// does not, or if that is unknown.
func (r *templateReader) exposures(n *node, canHaveOtherText bool) []Secret {
	e := &exposureReader{r, canHaveOtherText}
	return e.of(n)
}

// appendExposure adds a way in which a secret becomes visible. If the list has an
// entry with the same way and the same parameter, appendExposure merges the two.
func appendExposure(all []Secret, s Secret) []Secret {
	for i := range all {
		if all[i].How == s.How && all[i].Parameter == s.Parameter {
			all[i].Partial = all[i].Partial && s.Partial
			all[i].length = max(all[i].length, s.length)
			for _, name := range s.Fields {
				if !slices.Contains(all[i].Fields, name) {
					all[i].Fields = append(all[i].Fields, name)
				}
			}
			return all
		}
	}
	return append(all, s)
}

func (e *exposureReader) of(n *node) []Secret {
	name, argument, isFunction := n.intrinsic()
	isPair := isFunction && argument.kind == listNode && len(argument.items) == 2
	switch {
	case n.isNoValue():
		return nil
	case n.isScalar(), n.partsOfText() != nil:
		return e.ofText(e.partsOf(n))
	case !isFunction && n.kind == mappingNode && e.canHaveOtherText:
		return e.ofFields(e.mappingFields(n, textField{}), nil)
	case !isFunction:
		return e.ofAll(slices.Concat(n.items, fieldValues(n)))
	case name == resolveName:
		return ofReference(argument)
	case name == "Ref" && argument.kind == textNode:
		return e.ofRef(argument.value)
	case name == "If" && argument.kind == listNode && len(argument.items) == 3:
		var all []Secret
		for _, item := range argument.items[1:] {
			for _, s := range e.of(item) {
				all = appendExposure(all, s)
			}
		}
		return all
	case name == "FindInMap":
		return []Secret{{How: InTemplate, length: minSecretLength}} // CloudFormation resolves no dynamic reference in a mapping
	case name == "ImportValue":
		return []Secret{{How: InExport}}
	case name == "GetStackOutput":
		return []Secret{{How: InOtherOutput}}
	case name == "Base64", name == "ToJsonString":
		return e.of(argument)
	case isPair && (name == "Join" || name == "Split" || name == "Select"):
		return e.of(argument.items[1])
	}
	return nil
}

func fieldValues(n *node) (values []*node) {
	for _, f := range n.fields {
		values = append(values, f.value)
	}
	return values
}

// ofText returns the ways in which a text becomes visible, given its parts.
func (e *exposureReader) ofText(parts []*node) []Secret {
	if e.canHaveOtherText {
		if fields, ok := textFields(parts); ok {
			return e.ofFields(fields, parts)
		}
	}
	return e.ofAll(parts)
}

// ofFields returns the ways in which the fields of a secret become visible. A
// field with a plain name, such as "username", does not count. A field with the
// name of a secret counts on its own. If some names are unclear, the values of
// the unclear and the secret fields also count together; if no field has the
// name of a secret, the whole text counts instead. text has the parts of the
// whole text, or is nil.
func (e *exposureReader) ofFields(fields []textField, text []*node) []Secret {
	var named []Secret
	var values, secrets []*node
	isNamed, isUnclear := false, false
	for _, f := range fields {
		values = append(values, f.value...)
		if f.secrecy == isPlainName {
			continue
		}
		secrets = append(secrets, f.value...)
		if f.secrecy == unclearSecrecy {
			isUnclear = true
			continue
		}
		isNamed = true
		for _, s := range (&exposureReader{e.templateReader, false}).ofAll(f.value) {
			if f.name != "" {
				s.Fields = []string{f.name}
			}
			named = appendExposure(named, s)
		}
	}
	switch {
	case !isUnclear:
		return named
	case isNamed:
		text = secrets
	case text == nil:
		text = values
	}
	for _, s := range e.ofAll(text) {
		named = appendExposure(named, s)
	}
	return named
}

// ofAll returns the ways in which a value that consists of several parts
// becomes visible. If one of the parts can be a secret and does not become
// visible, the value does not either. If one of the parts is visible only after
// the deployment, or is the name of a resource, a text in the template counts as
// a part of the secret, and a short text does not count.
func (e *exposureReader) ofAll(parts []*node) []Secret {
	if len(parts) == 1 {
		return e.ofPart(parts[0]) // the branches of an Fn::If are not parts of one text
	}
	var all []Secret
	text, afterDeployment, hasName := 0, false, false
	for _, part := range parts {
		if part.isScalar() && part.value == "" || part.isNoValue() {
			continue
		}
		visible := e.ofPart(part)
		if len(visible) == 0 {
			if !e.identifies(part) {
				return nil
			}
			hasName = true
		}
		for _, s := range visible {
			all = appendExposure(all, s)
			if s.How == InTemplate {
				text += s.length
			}
			afterDeployment = afterDeployment || !s.How.inTemplate()
		}
	}
	hasParameter := slices.ContainsFunc(all, func(s Secret) bool { return s.How == InDefault || s.How == InAllowedValues })
	isOtherText := e.canHaveOtherText && (afterDeployment || isAddress(parts))
	var kept []Secret
	for _, s := range all {
		if s.How == InTemplate {
			s.length = text
			s.Partial = afterDeployment || hasName
		}
		isShort := s.length < minSecretLength || s.How == InTemplate && isOtherText
		switch {
		case s.How.inTemplate() && (afterDeployment || hasName) && isShort:
		case s.How == InTemplate && hasParameter: // the default says more than the text around it
		default:
			kept = append(kept, s)
		}
	}
	return kept
}

// ofPart returns the ways in which a part of a text becomes visible.
func (e *exposureReader) ofPart(part *node) []Secret {
	if part.isScalar() {
		return textExposure(part.value)
	}
	return e.of(part)
}

// isAddress reports whether a text, given its parts, looks like an address, such as a
// URL or an ARN, or like several words.
func isAddress(parts []*node) bool {
	return slices.ContainsFunc(parts, func(part *node) bool { return part.isScalar() && strings.ContainsAny(part.value, ":/= \t\r\n") })
}

// ofReference returns how the value of a dynamic reference becomes visible. A
// text that the template inserts into the reference is a part of the name, not
// of the value.
func ofReference(argument *node) []Secret {
	if parts := joinedParts(argument); parts != nil {
		argument = parts[0]
	}
	if strings.HasPrefix(argument.value, "ssm:") {
		return []Secret{{How: InSystemsManager}}
	}
	return nil
}

// inTemplate reports whether the template itself contains the secret.
func (c ClearText) inTemplate() bool {
	return c == InTemplate || c == InDefault || c == InAllowedValues
}

// ofRef returns the ways in which the value of a Ref becomes visible.
func (e *exposureReader) ofRef(name string) []Secret {
	p := e.parameters[name]
	switch {
	case p == nil && IsPseudo(name):
		return []Secret{{How: InTemplate}}
	case p == nil:
		return nil // a Ref to a resource
	case p.fromSSM:
		return []Secret{{How: InSystemsManager, Parameter: name}}
	}
	if p.defaultValue != nil {
		if found := textExposure(*p.defaultValue); len(found) > 0 {
			s := found[0]
			s.Parameter = name
			if s.How == InTemplate {
				s.How = InDefault
			}
			return []Secret{s}
		}
		if strings.Contains(*p.defaultValue, "{{resolve:") {
			return nil // the value is a reference, not the secret
		}
	}
	// If none of the allowed values is a reference, the template contains every
	// possible value. An empty value is not a secret.
	length, isAllowed := 0, true
	for _, value := range p.allowedValues {
		isAllowed = isAllowed && !strings.Contains(value, "{{resolve:")
		if value != "" && (length == 0 || len(value) < length) {
			length = len(value)
		}
	}
	if isAllowed && length > 0 {
		return []Secret{{How: InAllowedValues, Parameter: name, length: length}}
	}
	if !p.noEcho {
		return []Secret{{How: InParameter, Parameter: name}}
	}
	return nil
}

// textExposure returns how a text, which can contain dynamic references,
// becomes visible.
func textExposure(text string) []Secret {
	switch {
	case text == "", strings.Contains(text, "{{resolve:ssm-secure:"), strings.Contains(text, "{{resolve:secretsmanager:"):
		return nil
	case strings.Contains(text, "{{resolve:ssm:"):
		return []Secret{{How: InSystemsManager}}
	case strings.Contains(text, "{{resolve:"):
		return nil
	}
	return []Secret{{How: InTemplate, length: len(text)}}
}

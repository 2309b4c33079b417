// Policy variables that IAM refuses: malformed ones, and those in places where
// variables are not allowed.
//
// Source: IAM User Guide, "IAM policy elements: Variables and tags", and the
// errors on variables of "IAM policy validation check reference".

package review

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/document"
)

func checkRefusedVariables(r *run, p *policy) {
	if p.aws || p.doc.Version != "2012-10-17" {
		return // in other versions a variable is plain text; variables-without-version reports that
	}
	for _, s := range p.statements {
		var flagged, texts []string
		add := func(text, problem string) {
			if problem != "" && !slices.Contains(flagged, text) {
				flagged, texts = append(flagged, text), append(texts, fmt.Sprintf("%s (%s)", text, problem))
			}
		}
		for _, text := range slices.Concat(s.Resources, s.NotResources) {
			add(text, variableProblem(text))
		}
		for _, text := range s.patterns() {
			if hasVariable(text) {
				add(text, "an action cannot have a variable")
			}
		}
		for _, c := range s.Conditions {
			op, ok := document.ParseOperator(c.Operator)
			takesNoVariables := ok && !strings.HasPrefix(op.Name, "String") && !strings.HasPrefix(op.Name, "Arn")
			for _, text := range c.Values {
				switch problem := variableProblem(text); {
				case problem != "":
					add(text, problem)
				case takesNoVariables && hasVariable(text):
					add(text, fmt.Sprintf("%s cannot have a variable", c.Operator))
				}
			}
		}
		if len(flagged) > 0 {
			r.reportStatement(s, Finding{Actions: s.patterns(), Message: sentencef("IAM refuses %s: %s", forCount(flagged, "this policy variable", "these policy variables"), annotatedNames(flagged, texts))})
		}
	}
}

// variableProblem says what is wrong with the variables of a text, or returns
// "". It skips expressions of a template.
func variableProblem(text string) string {
	for {
		_, after, found := strings.Cut(text, "${")
		if !found {
			return ""
		}
		if length := intrinsicLength(after); length > 0 {
			text = after[length:]
			continue
		}
		expression, rest, closed := strings.Cut(after, "}")
		if !closed {
			return "a brace is not closed"
		}
		if problem := variableNameProblem(expression); problem != "" {
			return problem
		}
		text = rest
	}
}

// variableKeys returns the condition keys in the policy variables of a text. It leaves
// out variables that IAM refuses.
func variableKeys(text string) (keys []string) {
	for {
		_, after, found := strings.Cut(text, "${")
		if !found {
			return keys
		}
		if length := intrinsicLength(after); length > 0 {
			text = after[length:]
			continue
		}
		expression, rest, closed := strings.Cut(after, "}")
		if !closed {
			return keys
		}
		if name, _, _ := strings.Cut(expression, ","); strings.Contains(name, ":") && variableNameProblem(expression) == "" {
			keys = append(keys, name)
		}
		text = rest
	}
}

// intrinsicLength returns how many bytes of the text, which follows a "${", belong
// to a template expression: up to and including its closing brace. It returns 0
// if the text does not begin with one.
func intrinsicLength(after string) int {
	name, _, colon := strings.Cut(after, ":")
	if !colon || name != "AWS" && !slices.Contains(document.Intrinsics(), name) || name == "AWS" && !strings.HasPrefix(after, "AWS::") {
		return 0
	}
	return max(0, document.ClosingBrace("${"+after)-len("${"))
}

const refusedCharacters = "${*?'\"|\\"

// variableNameProblem says what is wrong with the text between "${" and "}", or
// returns "".
func variableNameProblem(expression string) string {
	name, value, hasDefault := strings.Cut(expression, ",")
	if rest, ok := strings.CutPrefix(name, "!"); ok {
		// Package document writes "${!" for text of a document that only looks
		// like an expression of a template.
		return fmt.Sprintf("%q is replaced only in templates", "${"+rest+"}")
	}
	switch value = strings.TrimSpace(value); {
	case name == "*" || name == "?" || name == "$":
		return ""
	case strings.TrimSpace(name) == "":
		return "it is empty"
	case strings.ContainsAny(name, " \t\r\n"):
		return "a name cannot have a space"
	case strings.ContainsAny(name, refusedCharacters):
		return fmt.Sprintf("a name cannot have %q", name[strings.IndexAny(name, refusedCharacters):][:1])
	case hasDefault && (len(value) < 2 || value[0] != '\'' || value[len(value)-1] != '\''):
		return "a default value needs single quotes"
	case !strings.Contains(name, ":"):
		return "want the name of a condition key, such as aws:username"
	}
	return ""
}

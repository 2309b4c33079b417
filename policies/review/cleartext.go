// The rule about secrets that a template contains or shows in clear text.

package review

import (
	"strings"

	"capaboot/policies/document"
)

func clearTextRules() []Rule {
	return []Rule{{ID: "clear-text-secret", Severity: High, Reference: "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/security-best-practices.html",
		Risk:   "the template contains or shows a secret in clear text, so everyone who can read the template or describe the stack can read the secret",
		Remedy: "rotate the secret, because others may have read it; in the template, refer to the new secret with a dynamic reference to Secrets Manager, such as {{resolve:secretsmanager:NAME}}", set: checkClearTextSecrets}}
}

func checkClearTextSecrets(r *run) {
	for _, s := range r.set.Secrets {
		r.spend(10)
		// The limits say how the secret becomes visible, so that a suppression no
		// longer hides the finding if this changes.
		place := strings.Join(strings.Fields(s.Property+" "+string(s.How)+" "+s.Parameter+" "+listText(s.Fields)), " ")
		f := Finding{Limits: []string{place}, Policy: s.Type + " " + s.LogicalID, NotPolicy: true, Location: Location{s.File, s.Line, s.Column}}
		of := fieldsOf(s.Fields).append(PlainSentence(s.Property + " of " + s.Type + " ")).append(sentencef("%s", s.LogicalID))
		if s.Type == "AWS::IAM::User" {
			f.Policy, f.Principals = "", []string{s.Name}
			of = sentencef("the console password of user %s", s.Name)
		}
		if s.Type == "AWS::SecretsManager::Secret" {
			f.Remedy = "generate the secret with GenerateSecretString, or set it after the deployment"
		}
		if s.IsVariable {
			f.Remedy = "rotate the secret, because others may have read it; keep the new secret in Secrets Manager, and pass only its name or ARN"
		}
		switch s.How {
		case document.InDefault:
			f.Message = of.append(sentencef(" is the default of parameter %s, so everyone who can read the template can read the secret", s.Parameter))
			f.Remedy = "rotate the secret, because others may have read it; in the template, remove the default and set NoEcho: true, or refer to the new secret with a dynamic reference"
		case document.InAllowedValues:
			f.Message = of.append(sentencef(" is one of the allowed values of parameter %s, so everyone who can read the template can try each of these values", s.Parameter))
			f.Remedy = "rotate the secret, because others may have read it; in the template, remove the allowed values and set NoEcho: true, or refer to the new secret with a dynamic reference"
		case document.InParameter:
			f.Severity = Medium
			f.Message = of.append(sentencef(" is the value of parameter %s, which has no NoEcho, so CloudFormation shows the value to everyone who can describe the stack", s.Parameter))
			f.Remedy = "rotate the secret, because others may have read it; in the template, set NoEcho: true, or refer to the new secret with a dynamic reference"
		case document.InSystemsManager:
			f.Severity = Medium
			f.Message = of.append(PlainSentence(" is a parameter of Systems Manager that is not encrypted"))
		case document.InExport:
			f.Severity = Medium
			f.Message = of.append(PlainSentence(" is exported by a stack, so everyone who can list the exports can read the secret"))
		case document.InOtherOutput:
			f.Severity = Medium
			f.Message = of.append(PlainSentence(" is an output of another stack, so everyone who can describe that stack can read the secret"))
		case document.InStoredText:
			f.Severity = Medium
			f.Message = of.append(PlainSentence(" stores the secret of an access key without encryption"))
			f.Remedy = "keep the secret in Secrets Manager, or use a role"
			if s.Parameter != "" {
				f.Message = of.append(sentencef(" stores the value of parameter %s, which has NoEcho, without encryption", s.Parameter))
				f.Remedy = "keep the secret in Secrets Manager"
			}
		case document.InOutput:
			f.Policy = "output " + s.LogicalID
			if s.Parameter != "" {
				f.Severity = Medium
				f.Message = sentencef("output %s shows the value of parameter %s to everyone who can describe the stack, although the parameter has NoEcho", s.LogicalID, s.Parameter)
				f.Remedy = "remove the output, and replace the value if it is a secret"
				break
			}
			f.Message = sentencef("output %s shows the secret of an access key to everyone who can describe the stack", s.LogicalID)
			f.Remedy = "remove the output and replace the access key; keep the secret in Secrets Manager, or use a role"
		default:
			if s.Partial {
				f.Message = PlainSentence("a part of ").append(of).append(PlainSentence(" is in the template in clear text, so everyone who can read the template can read this part"))
				break
			}
			f.Message = of.append(PlainSentence(" is in the template in clear text, so everyone who can read the template can read the secret"))
			if len(s.Fields) > 1 {
				f.Message = of.append(PlainSentence(" are in the template in clear text, so everyone who can read the template can read these secrets"))
			}
		}
		r.report(f)
	}
}

// fieldsOf returns the beginning of a sentence about fields of a property: "the field
// password of ".
func fieldsOf(names []string) Sentence {
	switch len(names) {
	case 0:
		return nil
	case 1:
		return sentencef("the field %s of ", names[0])
	}
	last := len(names) - 1
	return sentencef("the fields %s and %s of ", strings.Join(names[:last], ", "), names[last])
}

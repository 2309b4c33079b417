// Tests the finding about a list of actions in one string.

package review

import (
	"strings"
	"testing"
)

func TestSeveralActionsInOneString(t *testing.T) {
	for action, want := range map[string]string{
		"s3:GetObject,PutObject":   "if the string has several actions",
		"s3:GetObject, s3:PutItem": "if the string has several actions",
		"s3:Get*;s3:Put*":          "if the string has several actions",
		"s3:GetObjectt":            `did you mean \"s3:GetObject\"`,
		"s3:GetObject,":            "did you mean",
	} {
		report := reviewText(t, "p.json", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"`+action+`","Resource":"*"}}`, "unknown-action")
		if len(report.Findings) != 1 || !strings.Contains(strings.ReplaceAll(WriteSentence(report.Findings[0].Message), `"`, `\"`), want) {
			t.Errorf("%s: %+v, want %s", action, report.Findings, want)
		}
	}
}

// Tests what is said about the part of a grant that both sides allow.

package diff

import (
	"strings"
	"testing"
)

func TestNarrowedGrants(t *testing.T) {
	t.Parallel()
	const (
		trust  = "Allow Principal: {AWS: '444455556666'}, Action: sts:AssumeRole"
		bucket = "Allow Principal: {AWS: '444455556666'}, Action: s3:GetObject, Resource: 'arn:aws:s3:::a/*'"
	)
	for _, test := range []struct{ name, before, after, lost, note string }{
		{"fewer resources", "Allow Action: 's3:*', Resource: '*'", "Allow Action: 's3:*', Resource: 'arn:aws:s3:::a/*'",
			"s3:* on *", "still allowed on arn:aws:s3:::a/*"},
		{"several statements", "Allow Action: 's3:*', Resource: '*'", "Allow Action: 's3:*', Resource: 'arn:aws:s3:::a/*'\nAllow Action: '*', Resource: '*', Condition: {StringEquals: {k: v}}",
			"s3:* on *", "still allowed on arn:aws:s3:::a/*; and on * if StringEquals k = v"},
		{"a new condition", "Allow Action: 's3:*', Resource: '*'", "Allow Action: 's3:*', Resource: '*', Condition: {StringEquals: {k: v}}",
			"s3:* on *", "still allowed on * if StringEquals k = v"},
		{"an exception", "Allow Action: ['s3:*', 'sqs:*'], Resource: '*'", "Allow Action: ['s3:*', 'sqs:*'], NotResource: 'arn:aws:s3:::a/*'",
			"s3:* on *", "still allowed on all resources except arn:aws:s3:::a/*"},
		{"an exception for all services", "Allow Action: 'sqs:*', Resource: '*'", "Allow Action: 'sqs:*', NotResource: 'arn:aws:*:::a/*'",
			"sqs:* on *", "still allowed on all resources except arn:aws:*:::a/*"},
		{"an exception from fewer exceptions", "Allow Action: 'sqs:*', NotResource: 'arn:aws:sqs:*:*:b'", "Allow Action: 'sqs:*', NotResource: ['arn:aws:s3:::a/*', 'arn:aws:sqs:*:*:b']", "", ""},
		{"a Deny with an exception", "Allow Action: 'sqs:*', Resource: '*'", "Allow Action: 'sqs:*', Resource: '*'\nDeny Action: 'sqs:*', NotResource: 'arn:aws:s3:::a/*'",
			"sqs:* on *", ""},
		{"denied", "Allow Action: 's3:*', Resource: '*'", "Allow Action: 's3:*', Resource: 'arn:aws:s3:::a/*'\nDeny Action: '*', Resource: 'arn:aws:s3:::a/*'",
			"s3:* on *", ""},
		{"some of the resources denied", "Allow Action: 's3:GetObject', Resource: '*'", "Allow Action: 's3:GetObject', Resource: ['arn:aws:s3:::a/*', 'arn:aws:s3:::b/*']\nDeny Action: 's3:GetObject', Resource: 'arn:aws:s3:::a/*'",
			"s3:GetObject on *", "still allowed on arn:aws:s3:::b/*"},
		{"an exception of every resource", "Allow Action: 's3:*', Resource: '*'", "Allow Action: 's3:*', NotResource: '*'",
			"s3:* on *", ""},
		{"resources of other actions", "Allow Action: 's3:GetObject', Resource: '*'", "Allow Action: 's3:GetObject', Resource: ['arn:aws:sqs:eu-west-1:111122223333:q', 'arn:aws:s3:::a']",
			"s3:GetObject on *", ""},
		{"resources of other actions and of the action", "Allow Action: 's3:GetObject*', Resource: '*'", "Allow Action: 's3:GetObject*', Resource: ['arn:aws:sqs:eu-west-1:111122223333:q', 'arn:aws:s3:::a/*']",
			"s3:GetObject* on *", "still allowed on arn:aws:s3:::a/*"},
		{"other actions", "Allow Action: ['s3:*', 'sqs:*'], Resource: '*'", "Allow Action: 's3:*', Resource: 'arn:aws:s3:::a/*'",
			"s3:* on *; sqs:* on *", "still allowed on arn:aws:s3:::a/*"},
		{"fewer actions", "Allow Action: 's3:*', Resource: '*'", "Allow Action: ['s3:Get*', 's3:PutObject', 'sqs:*'], Resource: '*'", "s3:* on *", "still allowed for s3:Get* and s3:PutObject on *"},
		{"fewer actions, some denied", "Allow Action: 's3:*', Resource: '*'", "Allow Action: ['s3:Get*', 's3:PutObject'], Resource: '*'\nDeny Action: 's3:PutObject', Resource: '*'", "s3:* on *", ""},
		{"a new Deny of some of the actions", "Allow Action: 's3:*', Resource: '*'", "Allow Action: 's3:*', Resource: 'arn:aws:s3:::a/*'\nDeny Action: 's3:Get*', Resource: '*'",
			"s3:* on *", "still allowed on arn:aws:s3:::a/*, except what a Deny statement excludes"},
		{"a Deny of some of the actions on both sides", "Allow Action: 's3:*', Resource: '*'\nDeny Action: 's3:Get*', Resource: '*'", "Allow Action: 's3:*', Resource: 'arn:aws:s3:::a/*'\nDeny Action: 's3:Get*', Resource: '*'",
			"s3:* on *", "still allowed on arn:aws:s3:::a/*"},
		{"all actions but some", "Allow Action: '*', Resource: '*'", "Allow NotAction: ['iam:*', 'organizations:*'], Resource: '*'\nAllow Action: 'iam:CreateServiceLinkedRole', Resource: '*'",
			"* on *", "still allowed for all actions except iam:* and organizations:* on *; and for iam:CreateServiceLinkedRole on *"},
		{"all actions of a service but some", "Allow Action: ['iam:*', 'organizations:*'], Resource: '*'", "Allow NotAction: ['iam:PassRole', 'organizations:*'], Resource: '*'",
			"iam:* on *; organizations:* on *", "still allowed for iam:* except iam:PassRole on *"},
		{"more exceptions", "Allow NotAction: 'iam:*', Resource: '*'", "Allow NotAction: ['iam:*', 'organizations:*'], Resource: '*'", " on *", "still allowed for all actions except iam:* and organizations:* on *"},
		{"other exceptions", "Allow NotAction: 'iam:*', Resource: '*'", "Allow NotAction: ['organizations:*'], Resource: 'arn:aws:s3:::a/*'", " on *", "still allowed for all actions except organizations:* and iam:* on arn:aws:s3:::a/*"},
		{"some actions instead of exceptions", "Allow NotAction: 'iam:*', Resource: '*'", "Allow Action: ['s3:*', 'iam:GetRole'], Resource: '*'", " on *", "still allowed for s3:* on *"},
		{"some resources instead of exceptions", "Allow Action: 's3:*', NotResource: 'arn:aws:s3:::a/*'", "Allow Action: 's3:*', Resource: ['arn:aws:s3:::a/b', 'arn:aws:s3:::c/*']", "s3:* on ", "still allowed on arn:aws:s3:::c/*"},
		{"more excepted resources", "Allow Action: 's3:*', NotResource: 'arn:aws:s3:::a/*'", "Allow Action: 's3:*', NotResource: ['arn:aws:s3:::a/*', 'arn:aws:s3:::b/*']", "s3:* on ", "still allowed on all resources except arn:aws:s3:::a/* and arn:aws:s3:::b/*"},
		{"other excepted resources", "Allow Action: 's3:*', NotResource: 'arn:aws:s3:::a/*'", "Allow Action: 's3:*', NotResource: 'arn:aws:s3:::b/*'", "s3:* on ", "still allowed on all resources except arn:aws:s3:::b/* and arn:aws:s3:::a/*"},
		{"one account instead of everyone", strings.Replace(trust, "'444455556666'", "'*'", 1), trust, "sts:AssumeRole on ", "still allowed to AWS 444455556666"},
		{"one service instead of everyone", strings.Replace(trust, "'444455556666'", "'*'", 1), strings.Replace(trust, "AWS: '444455556666'", "Service: ec2.amazonaws.com", 1), "sts:AssumeRole on ", ""},
		{"other resources", "Allow Action: 's3:*', Resource: 'arn:aws:s3:::b/*'", "Allow Action: 's3:*', Resource: 'arn:aws:s3:::a/*'",
			"s3:* on arn:aws:s3:::b/*", ""},
		{"a new condition of a trust policy", trust, trust + ", Condition: {StringEquals: {'sts:ExternalId': x}}",
			"sts:AssumeRole on ", "still allowed if StringEquals sts:ExternalId = x"},
		{"another value in the condition of a trust policy", trust + ", Condition: {StringEquals: {'sts:ExternalId': y}}", trust + ", Condition: {StringEquals: {'sts:ExternalId': x}}",
			"sts:AssumeRole on ", "still allowed if StringEquals sts:ExternalId = x"},
		{"another principal in a trust policy", trust, strings.Replace(trust, "4444", "1111", 1) + ", Condition: {StringEquals: {'sts:ExternalId': x}}",
			"sts:AssumeRole on ", ""},
		{"some of the principals", strings.Replace(trust, "'444455556666'", "['444455556666', '111122223333']", 1), trust + ", Condition: {StringEquals: {'sts:ExternalId': x}}",
			"sts:AssumeRole on ", "still allowed to AWS 444455556666 if StringEquals sts:ExternalId = x"},
		{"denied in a trust policy", trust, trust + ", Condition: {StringEquals: {'sts:ExternalId': x}}\n" + strings.Replace(trust, "Allow", "Deny", 1),
			"sts:AssumeRole on ", ""},
		{"a new condition of a resource policy", bucket, bucket + ", Condition: {Bool: {'aws:SecureTransport': true}}",
			"s3:GetObject on arn:aws:s3:::a/*", "still allowed on arn:aws:s3:::a/* if Bool aws:SecureTransport = true"},
	} {
		before, after := readStatements(t, test.before), readStatements(t, test.after)
		line := func(grants []Grant) (text, note string) {
			for _, g := range grants {
				if g.Effect != "Allow" {
					continue
				}
				var actions []string
				for _, a := range g.Actions {
					actions = append(actions, a.Action)
				}
				if text != "" {
					text += "; "
				}
				text += strings.Join(actions, ", ") + " on " + strings.Join(g.Resources, ", ")
				note += g.Note
			}
			return text, note
		}
		check := func(what string, grants []Grant, note string) {
			if gotLine, gotNote := line(grants); gotLine != test.lost || gotNote != note {
				t.Errorf("%s, %s: %q with the note %q, want %q with %q", test.name, what, gotLine, gotNote, test.lost, note)
			}
		}
		lost, gained := []Grant(nil), []Grant(nil)
		for _, p := range Compare(before, after).Principals {
			lost = append(lost, p.Lost...)
		}
		for _, p := range Compare(after, before).Principals {
			gained = append(gained, p.Gained...)
		}
		check("lost", lost, test.note)
		check("gained", gained, strings.Replace(test.note, "still", "was already", 1))
	}
}

// The note on a denial says what is still denied, or was already denied.
func TestNarrowedDenials(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, before, after, removed, note string }{
		{"fewer actions", "Deny Action: 's3:*', Resource: '*'", "Deny Action: 's3:Delete*', Resource: '*'", "s3:* on *", "still denied for s3:Delete* on *"},
		{"fewer resources", "Deny Action: 's3:*', Resource: '*'", "Deny Action: 's3:*', Resource: 'arn:aws:s3:::a/*'", "s3:* on *", "still denied on arn:aws:s3:::a/*"},
		{"a new condition", "Deny Action: 's3:*', Resource: '*'", "Deny Action: 's3:*', Resource: '*', Condition: {Bool: {'aws:SecureTransport': 'false'}}", "s3:* on *", "still denied on * if Bool aws:SecureTransport = false"},
		{"one more value", "Deny Action: '*', Resource: '*', Condition: {StringNotEquals: {'aws:RequestedRegion': eu-west-1}}", "Deny Action: '*', Resource: '*', Condition: {StringNotEquals: {'aws:RequestedRegion': [eu-west-1, us-east-1]}}",
			"* on *", "still denied on * if StringNotEquals aws:RequestedRegion = eu-west-1, us-east-1"},
		{"more exceptions", "Deny NotAction: 'iam:*', Resource: '*'", "Deny NotAction: ['iam:*', 'sts:*'], Resource: '*'", " on *", "still denied for all actions except iam:* and sts:* on *"},
		{"removed", "Deny Action: 's3:*', Resource: '*'\nAllow Action: 's3:*', Resource: '*'", "Allow Action: 's3:*', Resource: '*'", "s3:* on *", ""},
		{"some actions removed", "Deny Action: ['s3:*', 'sqs:*'], Resource: '*'", "Deny Action: 's3:Get*', Resource: '*'", "s3:* on *; sqs:* on *", "still denied for s3:Get* on *"},
	} {
		before, after := readStatements(t, test.before), readStatements(t, test.after)
		check := func(what string, grants []Grant, note string) {
			var texts []string
			notes := ""
			for _, g := range grants {
				if g.Effect != "Deny" {
					continue
				}
				var actions []string
				for _, a := range g.Actions {
					actions = append(actions, a.Action)
				}
				texts = append(texts, strings.Join(actions, ", ")+" on "+strings.Join(g.Resources, ", "))
				_, rest, _ := strings.Cut(g.Note, "; ") // after the note that a denial was removed or added
				notes += rest
			}
			if got := strings.Join(texts, "; "); got != test.removed || notes != note {
				t.Errorf("%s, %s: %q with the note %q, want %q with %q", test.name, what, got, notes, test.removed, note)
			}
		}
		var gained, lost []Grant
		for _, p := range Compare(before, after).Principals {
			gained = append(gained, p.Gained...)
		}
		for _, p := range Compare(after, before).Principals {
			lost = append(lost, p.Lost...)
		}
		check("removed", gained, test.note)
		check("added", lost, strings.Replace(test.note, "still", "was already", 1))
	}
}

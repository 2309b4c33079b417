// Tests what is said about the part of a grant that both sides allow.

package diff

import (
	"strings"
	"testing"
)

func TestNarrowedGrants(t *testing.T) {
	t.Parallel()
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
		{"other actions", "Allow Action: ['s3:*', 'sqs:*'], Resource: '*'", "Allow Action: 's3:*', Resource: 'arn:aws:s3:::a/*'",
			"s3:*, sqs:* on *", ""},
		{"other resources", "Allow Action: 's3:*', Resource: 'arn:aws:s3:::b/*'", "Allow Action: 's3:*', Resource: 'arn:aws:s3:::a/*'",
			"s3:* on arn:aws:s3:::b/*", ""},
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

// Tests of MFA codes, and of settings that cannot be combined.

package credentials

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestMFACodes(t *testing.T) {
	t.Parallel()
	const device = "arn:aws:iam::123456789012:mfa/ann"
	config := "[profile dev]\nrole_arn = " + roleARN + "\nsource_profile = user\nmfa_serial = " + device + "\n" +
		"[profile twice]\nrole_arn = " + roleARN + "\nsource_profile = dev\nmfa_serial = " + device + "\n"
	env, d := serviceHome(t, "[user]\n"+pair, config)
	d.MFA = "123456"
	answer := "123456\n"
	prompt := func(_ context.Context, serial string) (string, error) {
		if serial != device {
			t.Errorf("asked for device %s", serial)
		}
		return answer, nil
	}
	if _, err := Find(t.Context(), env, Request{Profile: "twice", AskMFACode: prompt}); err != nil {
		t.Error(err)
	}
	for _, test := range []struct {
		name    string
		request Request
		answer  string
		want    string
	}{
		{"no terminal", Request{Profile: "dev"}, "", "role " + roleARN + " needs a code of MFA device " + device + ", but no terminal is available to prompt for it\nkind: " + string(KindNoTerminal)},
		{"an invalid code", Request{Profile: "dev", AskMFACode: prompt}, "FALSESECRET", "invalid MFA code: want six digits\nhint: type the code that the device shows"},
		{"the code of another minute", Request{Profile: "dev", MFACode: "000000"}, "", "the MFA code was rejected\nhint: wait for the next code of the device: each code is valid once"},
		{"an unneeded code", Request{Profile: "user", MFACode: "123456"}, "", "Request.MFACode is set, but the credentials from profile \"user\" in"},
		{"one code for two calls", Request{Profile: "twice", MFACode: "123456"}, "", "role " + roleARN + " also needs an MFA code, but the code passed with Request.MFACode is valid only once"},
	} {
		answer = test.answer
		_, err := Find(t.Context(), env, test.request)
		if text := errorText(err, env); !strings.Contains(text, test.want) {
			t.Errorf("%s:\n%s", test.name, text)
		}
		wantNoSecret(t, err)
	}
}

func TestRequestCheck(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		request Request
		want    string
	}{
		{Request{RoleARN: roleARN, Session: true}, "cannot be combined"},
		{Request{ExternalID: "x:1"}, "work with a role only"},
		{Request{RoleSessionName: "me"}, "work with a role only"},
		{Request{Duration: time.Hour}, ""},
		{Request{MFASerial: "GAHT12345678"}, "Request.MFASerial works with Request.RoleARN or Request.Session only"},
		{Request{RoleARN: roleARN, Duration: 13 * time.Hour}, "invalid value for Request.Duration: want a duration from 15m to 12h"},
		{Request{Session: true, Duration: 37 * time.Hour}, "invalid value for Request.Duration: want a duration from 15m to 36h"},
		{Request{Session: true, Duration: time.Minute}, "invalid value for Request.Duration: want a duration from 15m"},
		{Request{RoleARN: roleARN, Duration: time.Hour + time.Millisecond}, "in whole seconds"},
		{Request{RoleARN: "FALSESECRET"}, "invalid value for Request.RoleARN: want the ARN of a role"},
		{Request{RoleARN: "arn:aws:iam::123456789012:user/x"}, "invalid value for Request.RoleARN: want the ARN of a role"},
		{Request{RoleARN: "arn:aws:iam::123456789012:role/"}, "invalid value for Request.RoleARN: want the ARN of a role"},
		{Request{RoleARN: "arn:aws:iam::12345:role/x"}, "invalid value for Request.RoleARN: want the ARN of a role"},
		{Request{RoleARN: roleARN, ExternalID: "FALSESECRET!"}, "invalid value for Request.ExternalID: want 2 to 1224 letters"},
		{Request{RoleARN: roleARN, RoleSessionName: "a b"}, "invalid value for Request.RoleSessionName: want 2 to 64 letters"},
		{Request{RoleARN: roleARN, MFASerial: "x"}, "invalid value for Request.MFASerial: want the serial number"},
		{Request{MFACode: "12345"}, "invalid value for Request.MFACode: want six digits"},
		{Request{Session: true, MFACode: "123456"}, "none is set for Request.Session"},
		{Request{MFACode: "FALSESECRET"}, "invalid value for Request.MFACode: want six digits"},
		{Request{RoleARN: "arn:aws-us-gov:iam::123456789012:role/a/b+c=d,e.f@g_h-i", ExternalID: "a:/b", RoleSessionName: "a=b", MFASerial: "GAHT12345678", MFACode: "012345", Duration: 12 * time.Hour}, ""},
		{Request{Session: true, Duration: 36 * time.Hour}, ""},
	} {
		err := test.request.Check()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v, want %q", test.request, err, test.want)
		}
		wantNoSecret(t, err)
	}
}

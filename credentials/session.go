package credentials

// This file exchanges the found credentials for the credentials of a role or a
// session, as the request says. It also checks the parameters of these calls.
// Source: AWS STS API Reference, "AssumeRole" and "GetSessionToken".

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"capaboot/credentials/accesskey"
	"capaboot/policies/arn"
)

const (
	shortestSession    = 15 * time.Minute
	longestRoleSession = 12 * time.Hour
	longestSession     = 36 * time.Hour
)

func (r Request) exchanges() bool { return r.RoleARN != "" || r.Session }

// checkDurationFor returns an error if the request has a duration, but the credentials
// from the source have no lifetime that a request can choose.
func (s *search) checkDurationFor(from source) error {
	if _, web := from.(webIdentitySource); web || s.request.Duration == 0 || s.request.exchanges() {
		return nil
	}
	r := s.request
	return kindf(KindNoExchange, "%s works with %s, %s or a web identity only", r.name(SettingDuration), r.name(SettingRoleARN), r.name(SettingSession))
}

// Check returns an error for settings that cannot be combined, that need
// another setting, or whose values are invalid. It needs no network.
func (r Request) Check() error {
	longest := longestRoleSession
	if r.Session {
		longest = longestSession
	}
	switch {
	case r.RoleARN != "" && r.Session:
		return failf("use only one of them", "%s and %s cannot be combined: both exchange the credentials", r.name(SettingRoleARN), r.name(SettingSession))
	case r.RoleARN == "" && (r.ExternalID != "" || r.RoleSessionName != ""):
		return kindf(KindNoRole, "%s and %s work with a role only", r.name(SettingExternalID), r.name(SettingRoleSessionName))
	case !r.exchanges() && r.MFASerial != "":
		return kindf(KindNoExchange, "%s works with %s or %s only", r.name(SettingMFASerial), r.name(SettingRoleARN), r.name(SettingSession))
	case r.Duration != 0 && checkDuration(r.Duration, longest) != "":
		return invalidValue("", r.name(SettingDuration), checkDuration(r.Duration, longest), "")
	case r.MFACode != "" && !IsMFACode(r.MFACode):
		return invalidValue("", r.name(SettingMFACode), "six digits", "pass the code that the device shows")
	case r.MFACode != "" && r.Session && r.MFASerial == "":
		return kindf(KindNoDevice, "%s needs an MFA device, but none is set for %s", r.name(SettingMFACode), r.name(SettingSession))
	}
	if r.Region != "" {
		if _, err := newRegion(r.Region, r.name(SettingRegion)); err != nil {
			return err
		}
	}
	for _, value := range []struct {
		setting Setting
		text    string
		check   func(string) string
	}{
		{SettingRoleARN, r.RoleARN, checkRoleARN},
		{SettingExternalID, r.ExternalID, checkExternalID},
		{SettingRoleSessionName, r.RoleSessionName, checkSessionName},
		{SettingMFASerial, r.MFASerial, checkMFASerial},
	} {
		if value.text != "" && value.check(value.text) != "" {
			return invalidValue("", r.name(value.setting), value.check(value.text), "")
		}
	}
	return nil
}

// exchange returns the credentials of the requested role or session. When none
// is requested, it returns found.
func (s *search) exchange(ctx context.Context, found Credentials) (Credentials, error) {
	switch {
	case s.request.RoleARN != "":
		return s.assume(ctx, roleRequest{
			subject: s.request.name(SettingRoleARN), arn: s.request.RoleARN, externalID: s.request.ExternalID, sessionName: s.request.RoleSessionName,
			mfaSerial: s.request.MFASerial, duration: s.request.Duration,
		}, found)
	case s.request.Session:
		return s.session(ctx, found)
	}
	return found, nil
}

// session gets the credentials of a user's session from STS.
func (s *search) session(ctx context.Context, found Credentials) (Credentials, error) {
	if found.hasTokenOfOther() {
		return Credentials{}, failf("copy each key again", "%s exchanges long-lived keys, but the session token from %s belongs to another key", s.request.name(SettingSession), found.Source)
	}
	if found.SessionToken != "" {
		return Credentials{}, kindf(KindSessionOfSession, "%s exchanges long-lived keys, but the credentials from %s are already temporary", s.request.name(SettingSession), found.Source)
	}
	region, err := s.stsRegion(ctx, s.request.MFASerial)
	if err != nil {
		return Credentials{}, err
	}
	input := &sts.GetSessionTokenInput{}
	if s.request.Duration != 0 {
		input.DurationSeconds = aws.Int32(int32(s.request.Duration / time.Second))
	}
	if s.request.MFASerial != "" {
		code, err := s.mfaCode(ctx, s.request.MFASerial, "the session")
		if err != nil {
			return Credentials{}, err
		}
		input.SerialNumber, input.TokenCode = &s.request.MFASerial, &code
	}
	call := stsCall{s, "exchanging the keys from " + found.Source + " for a session", &found, region}
	var output *sts.GetSessionTokenOutput
	if err := call.do(ctx, func(ctx context.Context, client *sts.Client) (err error) {
		output, err = client.GetSessionToken(ctx, input)
		return err
	}); err != nil {
		return Credentials{}, err
	}
	return call.read(output.Credentials, "a session for the keys from "+found.Source)
}

// mfaCode returns the code of a device: the one in the request, which is valid
// only once, or the one that the user types.
func (s *search) mfaCode(ctx context.Context, serial, purpose string) (string, error) {
	if code := s.request.MFACode; code != "" {
		if s.usedCode {
			return "", failf("use only one role with MFA in the chain, or assume the first role in a separate run, and use the credentials of that run",
				"%s also needs an MFA code, but the code passed with %s is valid only once", purpose, s.request.name(SettingMFACode))
		}
		s.usedCode = true
		return code, nil
	}
	if s.request.AskMFACode == nil {
		return "", kindf(KindNoTerminal, "%s needs a code of MFA device %s, but no terminal is available to prompt for it", purpose, serial)
	}
	code, err := s.request.AskMFACode(ctx, serial)
	if err != nil {
		return "", err
	}
	code = strings.TrimSpace(code)
	if !IsMFACode(code) {
		return "", failf("type the code that the device shows", "invalid MFA code: want six digits")
	}
	return code, nil
}

// IsMFACode reports whether a text has the form of an MFA code.
func IsMFACode(text string) bool {
	return len(text) == 6 && strings.Trim(text, "0123456789") == ""
}

func checkDuration(d, longest time.Duration) string {
	if d < shortestSession || d > longest || d%time.Second != 0 {
		return fmt.Sprintf("a duration from 15m to %dh, in whole seconds", longest/time.Hour)
	}
	return ""
}

// RoleARNProblem returns what is wrong with the ARN of a role, as the second part
// of an error; "" when it is valid.
func RoleARNProblem(text string) string {
	if want := checkRoleARN(text); want != "" {
		return "want " + want
	}
	return ""
}

// checkRoleARN returns "" for the ARN of a role in any partition and with any
// path, and otherwise what is allowed. The functions checkDuration,
// checkExternalID, checkSessionName and checkMFASerial do the same for their
// values.
func checkRoleARN(text string) string {
	a, _ := arn.Parse(text)
	if !isPrincipalARN(text) || a.Service != "iam" || a.Kind() != "role" || strings.HasSuffix(text, "/") || !accesskey.OnlyOf(a.Resource, "_+=,.@/-") {
		return "the ARN of a role, such as arn:aws:iam::123456789012:role/name"
	}
	return ""
}

func checkExternalID(text string) string {
	if len(text) < 2 || len(text) > 1224 || !accesskey.OnlyOf(text, `_+=,.@:/-`) {
		return "2 to 1224 letters, digits and _+=,.@:/-"
	}
	return ""
}

func checkSessionName(text string) string {
	if len(text) < 2 || len(text) > 64 || !accesskey.OnlyOf(text, "_+=,.@-") {
		return "2 to 64 letters, digits and _+=,.@-"
	}
	return ""
}

func checkMFASerial(text string) string {
	if len(text) < 9 || len(text) > 256 || !accesskey.OnlyOf(text, "_+=/:,.@-") {
		return "the serial number or ARN of an MFA device, such as arn:aws:iam::123456789012:mfa/name"
	}
	return ""
}

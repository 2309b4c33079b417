package credentials

// This file exchanges the credentials that were found, as the request asks: for
// those of a role, or of a session with MFA. It also has the rules for the
// values of these calls. Source of the rules: AWS STS API Reference,
// "AssumeRole" and "GetSessionToken".

import (
	"context"
	"fmt"
	"strings"
	"time"

	"capaboot/policies/arn"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const (
	shortestSession = 15 * time.Minute
	longestRole     = 12 * time.Hour
	longestSession  = 36 * time.Hour
)

// Check returns an error for settings that do not fit together, or have values
// that AWS STS never takes. It needs no network.
func (r Request) Check() error {
	longest := longestRole
	if r.Session {
		longest = longestSession
	}
	switch {
	case r.RoleARN != "" && r.Session:
		return failf("use only one of them", "%s and %s are two ways to exchange credentials", r.name(SettingRoleARN), r.name(SettingSession))
	case r.RoleARN == "" && (r.ExternalID != "" || r.RoleSessionName != ""):
		return kindf(KindNoRole, "%s and %s are for a role", r.name(SettingExternalID), r.name(SettingRoleSessionName))
	case r.RoleARN == "" && !r.Session && (r.Duration != 0 || r.MFASerial != ""):
		return kindf(KindNoExchange, "%s and %s are for %s or %s",
			r.name(SettingDuration), r.name(SettingMFASerial), r.name(SettingRoleARN), r.name(SettingSession))
	case r.Duration != 0 && checkDuration(r.Duration, longest) != "":
		return failf("", "%s %s", r.name(SettingDuration), checkDuration(r.Duration, longest))
	case r.MFACode != "" && !isMFACode(r.MFACode):
		return failf("", "%s must have six digits", r.name(SettingMFACode))
	case r.MFACode != "" && r.Session && r.MFASerial == "":
		return kindf(KindNoDevice, "%s is for an MFA device, and none is named for %s", r.name(SettingMFACode), r.name(SettingSession))
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
			return failf("", "%s %s", r.name(value.setting), value.check(value.text))
		}
	}
	return nil
}

// exchange makes of the credentials found those that the request asks for.
func (s *search) exchange(ctx context.Context, found Credentials) (Credentials, error) {
	switch {
	case s.request.RoleARN != "":
		return s.assume(ctx, roleRequest{
			of: s.request.name(SettingRoleARN), arn: s.request.RoleARN, externalID: s.request.ExternalID, sessionName: s.request.RoleSessionName,
			mfaSerial: s.request.MFASerial, duration: s.request.Duration,
		}, found)
	case s.request.Session:
		return s.session(ctx, found)
	}
	return found, nil
}

// session asks STS for a session of a user.
func (s *search) session(ctx context.Context, found Credentials) (Credentials, error) {
	if found.SessionToken != "" {
		return Credentials{}, kindf(KindSessionOfSession, "%s exchanges long-lived keys, but the credentials from %s are temporary already", s.request.name(SettingSession), found.Source)
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
	var answer *sts.GetSessionTokenOutput
	if err := call.do(ctx, func(ctx context.Context, client *sts.Client) (err error) {
		answer, err = client.GetSessionToken(ctx, input)
		return err
	}); err != nil {
		return Credentials{}, err
	}
	return call.read(answer.Credentials, "a session of "+found.Source)
}

// mfaCode returns the code of a device: the one that was given, once, or the
// one that the person types.
func (s *search) mfaCode(ctx context.Context, serial, purpose string) (string, error) {
	if code := s.request.MFACode; code != "" {
		if s.usedCode {
			return "", failf("put a role that needs MFA only at one place of the chain, or assume the first role by itself and keep its credentials",
				"%s also needs an MFA code, and the code for %s is valid only once", purpose, s.request.name(SettingMFACode))
		}
		s.usedCode = true
		return code, nil
	}
	if s.request.AskMFACode == nil {
		return "", kindf(KindNoTerminal, "%s needs a code of MFA device %s, but there is no terminal to prompt for it", purpose, serial)
	}
	code, err := s.request.AskMFACode(ctx, serial)
	if err != nil {
		return "", err
	}
	code = strings.TrimSpace(code)
	if !isMFACode(code) {
		return "", failf("type the code that the device shows", "an MFA code must have six digits")
	}
	return code, nil
}

func isMFACode(text string) bool {
	return len(text) == 6 && strings.Trim(text, "0123456789") == ""
}

func checkDuration(d, longest time.Duration) string {
	if d < shortestSession || d > longest || d%time.Second != 0 {
		return fmt.Sprintf("is %s: want a duration from 15m to %dh, in whole seconds", withoutZeros(d), longest/time.Hour)
	}
	return ""
}

// withoutZeros writes a duration as people do: 5m for 5m0s, 2h for 2h0m0s.
func withoutZeros(d time.Duration) string {
	text := d.String()
	if rest, ok := strings.CutSuffix(text, "m0s"); ok {
		text = strings.TrimSuffix(rest+"m", "h0m")
		if text != rest+"m" {
			text += "h"
		}
	}
	return text
}

// RoleARNProblem says what is wrong with the ARN of a role, "" when nothing is.
func RoleARNProblem(text string) string { return checkRoleARN(text) }

// checkRoleARN allows the ARN of a role of any partition, with its path.
func checkRoleARN(text string) string {
	a, _ := arn.Parse(text)
	if !isARN(text) || a.Service != "iam" || a.Kind() != "role" || strings.HasSuffix(text, "/") || !onlyOf(a.Resource, "_+=,.@/-") {
		return "is not the ARN of a role, such as arn:aws:iam::123456789012:role/name"
	}
	return ""
}

func checkExternalID(text string) string {
	if len(text) < 2 || len(text) > 1224 || !onlyOf(text, `_+=,.@:/-`) {
		return "is not an external ID: one has 2 to 1224 letters, digits and _+=,.@:/-"
	}
	return ""
}

func checkSessionName(text string) string {
	if len(text) < 2 || len(text) > 64 || !onlyOf(text, "_+=,.@-") {
		return "is not a session name: one has 2 to 64 letters, digits and _+=,.@-"
	}
	return ""
}

func checkMFASerial(text string) string {
	if len(text) < 9 || len(text) > 256 || !onlyOf(text, "_+=/:,.@-") {
		return "is not the serial number or ARN of an MFA device, such as arn:aws:iam::123456789012:mfa/name"
	}
	return ""
}

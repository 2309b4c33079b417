package early

// This file encodes the keys that are in environment variables.

import (
	"slices"

	"capaboot/credentials/accesskey"
	"capaboot/policies/arn/regions"
)

// otherVariables are the other environment variables that change the output of
// "encode-as-profile" when the keys are in environment variables. The command
// runs here only if none of them is set. A test checks that an early run reads
// every variable that package cli reads.
var otherVariables = [...]string{
	"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN", "GITHUB_ACTIONS",
	// When the credentials expire.
	"AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION", "AWS_EXPIRATION", "AWS_SESSION_TOKEN_EXPIRATION", "AWS_SSO_SESSION_EXPIRATION",
	"AWS_OKTA_SESSION_EXPIRATION", "AWSUME_EXPIRATION", "AWSU_EXPIRES", "X_SECURITY_TOKEN_EXPIRES",
}

// Encode returns the output of "bootstrap credentials encode-as-profile" for
// keys and a region in environment variables. ok is false when package cli has to run the
// command line: for another command line, for other credentials, for invalid or
// incomplete keys, and without a known region.
func Encode(args []string, lookup Lookup) (output Output, ok bool) {
	name, rest, ok := Arguments(args)
	if !ok || !slices.Equal(rest, []string{"bootstrap", "credentials", "encode-as-profile"}) {
		return Output{}, false
	}
	if slices.ContainsFunc(otherVariables[:], func(variable string) bool { return lookup.Get(variable) != "" }) {
		return Output{}, false
	}
	keys := accesskey.Keys{
		AccessKeyID:     lookup.Get("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: lookup.Get("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    lookup.Get("AWS_SESSION_TOKEN"),
	}
	region := ""
	for _, variable := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "DEFAULT_AWS_REGION"} {
		if region = lookup.Get(variable); region != "" {
			break
		}
	}
	if _, bad := keys.Check(); bad != nil || keys.LacksToken() || !regions.IsKnown(region) {
		return Output{}, false
	}
	for _, mismatch := range keys.Mismatches() {
		output.Stderr += name + ": warning: " + mismatch.Of(accesskey.EnvironmentSource) + "\n"
	}
	if keys.AreTemporary() { // no variable has the expiry: see otherVariables
		output.Stderr += name + ": warning: " + accesskey.UnknownExpiryWarning(accesskey.ExpirationVariable) + "\n"
	}
	output.Stderr += name + ": warning: " + accesskey.PlainTextWarning + "\n"
	output.Stdout = accesskey.Base64(accesskey.ProfileText(keys.Lines(region))) + "\n"
	return output, true
}

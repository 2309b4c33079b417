package credentials

// This file reads the environment of the process, and gets credentials from its
// variables.

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"capaboot/credentials/accesskey"
)

// Environment has what the package reads from the process. Tests replace it.
type Environment struct {
	Lookup func(name string) (string, bool) // like os.LookupEnv; nil means that no variable is set
	Home   string                           // the home directory; "" when none is known
	// Transport sends the requests to AWS services; nil means the default
	// transport. Requests to container and instance endpoints always use the
	// network.
	Transport http.RoundTripper
}

// ProcessEnvironment returns the environment of this process.
func ProcessEnvironment() Environment {
	home, err := os.UserHomeDir()
	if err != nil {
		home = ""
	}
	return Environment{Lookup: os.LookupEnv, Home: home}
}

// Get returns the value of a variable; "" when it is not set.
func (e Environment) Get(name string) string {
	if e.Lookup == nil {
		return ""
	}
	value, _ := e.Lookup(name)
	return value
}

// file returns the path of a shared file: the value of variable, in which a
// leading ~/ means the home directory, or else name in the folder .aws of the
// home directory. It is "" when the variable is not set and the home directory is
// unknown.
func (e Environment) file(variable, name string) string {
	path := e.Get(variable)
	if path == "" {
		if e.Home == "" {
			return ""
		}
		return filepath.Join(e.Home, ".aws", name)
	}
	if rest, ok := strings.CutPrefix(path, "~/"); ok && e.Home != "" {
		return filepath.Join(e.Home, rest)
	}
	return path
}

// environmentKeys returns the source for keys in variables; nil when no key is
// set, or when Request.Profile names a profile. The keys take precedence over
// the profile of AWS_PROFILE, and over the default profile.
func environmentKeys(s *search) source {
	source := environmentSource{s.env}
	if s.request.Profile != "" || source.empty() {
		return nil
	}
	return source
}

type environmentSource struct{ env Environment }

// empty reports whether neither half of a key pair is set.
func (e environmentSource) empty() bool {
	return e.env.Get("AWS_ACCESS_KEY_ID") == "" && e.env.Get("AWS_SECRET_ACCESS_KEY") == ""
}

func (e environmentSource) credentials(context.Context) (Credentials, error) {
	c := Credentials{
		AccessKeyID:     e.env.Get("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: e.env.Get("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    e.env.Get("AWS_SESSION_TOKEN"),
		Source:          accesskey.EnvironmentSource,
		ExpirySetting:   accesskey.ExpirationVariable,
	}
	present, missing := "AWS_ACCESS_KEY_ID", ""
	switch {
	case c.AccessKeyID == "":
		present, missing = "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"
	case c.SecretAccessKey == "":
		missing = "AWS_SECRET_ACCESS_KEY"
	}
	if missing != "" {
		before := ""
		for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
			if e.env.Get(variable) != "" {
				before = fmt.Sprintf("; keys in the environment take precedence over the profile in %s", variable)
				break
			}
		}
		return Credentials{}, failf("set "+missing+", or unset "+present+" to use a profile",
			"%s is set in the environment, but %s is not%s", present, missing, before)
	}

	// AWS_SECURITY_TOKEN is the old name of AWS_SESSION_TOKEN. Only botocore still
	// reads the old variable, and prefers it to the new one.
	legacy := e.env.Get("AWS_SECURITY_TOKEN")
	if c.SessionToken == "" {
		c.SessionToken = legacy
	} else if legacy != "" && legacy != c.SessionToken {
		return Credentials{}, failf("unset AWS_SECURITY_TOKEN",
			"AWS_SESSION_TOKEN and its old name AWS_SECURITY_TOKEN are both set and differ: some tools read one, some the other")
	}

	// Without a session token, the keys are long-lived and do not expire.
	if c.SessionToken != "" {
		expires, err := e.expiry()
		if err != nil {
			return Credentials{}, err
		}
		// A session token beside a long-lived key belongs to other credentials, and so
		// does the expiry.
		if c.keys().AreTemporary() {
			c.Expires = expires
		}
	}

	if f, invalid := c.keys().Check(); invalid != nil {
		return Credentials{}, failf(invalid.Hint, "%s in the environment %s", strings.ToUpper(string(f)), invalid.Text)
	}
	return c, nil
}

// expiry returns when the credentials expire; zero when no variable records an
// exact time. It fails when they have expired and, like the AWS CLI, when
// AWS_CREDENTIAL_EXPIRATION is not an exact time.
func (e environmentSource) expiry() (time.Time, error) {
	all := e.times()
	for _, r := range all {
		if r.name == accesskey.ExpirationVariable && !r.exact {
			return time.Time{}, failf("write a time in the form YYYY-MM-DDThh:mm:ssZ; if the variable belongs to other credentials, unset the variable", "%s in the environment %s", r.name, r.problem())
		}
	}
	expires, expired := firstExpiry(all)
	if expired != nil {
		return time.Time{}, failf("get new credentials; if "+expired.name+" belongs to other credentials, unset "+expired.name,
			"the credentials in the environment expired at %s (%s)", expired.timeText(), expired.name)
	}
	return expires, nil
}

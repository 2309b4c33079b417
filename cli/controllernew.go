// The credentials that update-credentials writes to the Secret: their source, and the
// checks before anything is sent.

package cli

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"capaboot/controller"
	"capaboot/credentials"
)

// newCredentials returns the text for the Secret and its inspection, which is nil when
// the text is empty.
func (r *runner) newCredentials(ctx context.Context, o updateCredentialsOptions) ([]byte, *credentials.Inspection, error) {
	blob, set := "", false
	if r.Environment.Lookup != nil {
		blob, set = r.Environment.Lookup(credentials.Variable)
	}
	switch {
	case o.chosen() || !set && !r.asPeer():
		if set {
			r.talk.Say("%s is not used: flags name other credentials", credentials.Variable)
		}
		found, profile, err := r.find(ctx, o.credentialOptions)
		if err != nil {
			return nil, nil, err
		}
		r.talk.Say("the new credentials are from %s", found.Credentials.Source)
		blob = profile.Base64()
	case !set:
		return nil, nil, usagef("%s is not set", credentials.Variable)
	case blob == "" && r.asPeer():
		r.talk.Warn("%s is empty: the credentials in the Secret are zeroed", credentials.Variable)
		return []byte(controller.ZeroValue), nil, nil
	case blob == "":
		return nil, nil, usageError{hinted{fmt.Errorf("%s is empty", credentials.Variable), "capaboot controller zero-credentials removes the credentials from the Secret; else set the variable, or name a --profile"}}
	case !r.asPeer():
		r.talk.Say("the new credentials are from %s", credentials.Variable)
	}
	inspection := credentials.Inspect([]byte(blob))
	inspection.AllowEmulator(r.Environment)
	inspection.SetProgram(r.talk.Name)
	r.keepProfile(inspection.Text())
	value, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(blob, "\n"))
	if err != nil || inspection.Wrapping != "base64" {
		return nil, nil, errors.Join(append([]error{errors.New(credentials.Variable + " is not one line of base64, which a Secret needs")}, flaws(&inspection)...)...)
	}
	return value, &inspection, r.usable(o, &inspection)
}

// usable checks new credentials as "inspect" does.
func (r *runner) usable(o updateCredentialsOptions, inspection *credentials.Inspection) error {
	for _, problem := range inspection.Problems {
		if problem.Fatal {
			if err := r.unusable(o, inspection, problem.Message); err != nil {
				return err
			}
			continue
		}
		r.talk.Warn("the new credentials: %s", problem.Message)
	}
	if o.chosen() {
		return nil // find has checked it
	}
	lifetime, err := inspection.Lifetime(o.request)
	switch {
	case err != nil:
		return withHint(err)
	case lifetime.Soon:
		r.talk.Warn("%s", lifetime.Text)
	}
	return nil
}

// unusable refuses credentials that the controllers could not use. It only warns when
// the user asked to send them anyway.
func (r *runner) unusable(o updateCredentialsOptions, inspection *credentials.Inspection, problem string) error {
	if o.force || r.asPeer() {
		r.talk.Warn("the new credentials: %s", problem)
		return nil
	}
	return errors.Join(append(flaws(inspection), hinted{errors.New("CAPA's controllers cannot use these credentials: nothing was changed"), "--force sends them anyway"})...)
}

// flaws are the problems that keep the controllers from using the credentials.
func flaws(inspection *credentials.Inspection) (all []error) {
	for _, problem := range inspection.Problems {
		if problem.Fatal {
			all = append(all, hinted{errors.New("the new credentials: " + problem.Message), problem.Remedy})
		}
	}
	return all
}

func flawOf(inspection *credentials.Inspection, code string) string {
	for _, problem := range inspection.Problems {
		if problem.Code == code {
			return problem.Message
		}
	}
	return ""
}

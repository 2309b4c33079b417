// The credentials that update-credentials writes to the Secret: where they come
// from, and the checks before any request to the cluster.

package cli

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"capaboot/controller"
	"capaboot/credentials"
)

// readNewCredentials returns the new value of the Secret and its inspection,
// which has the expiry if that is known. Under the name clusterawsadm, an
// empty variable zeroes the Secret, and the inspection is then nil.
func (r *runner) readNewCredentials(ctx context.Context, o updateCredentialsOptions) (value []byte, inspection *credentials.Inspection, err error) {
	blob, set, source := "", false, credentials.Variable
	var searched *credentials.Found // nil if the credentials are from the variable
	if r.Environment.Lookup != nil {
		blob, set = r.Environment.Lookup(credentials.Variable)
	}
	switch {
	case o.hasSelection() || !set && !r.asClusterawsadm():
		if set {
			r.talk.Say("%s is ignored: flags select other credentials", credentials.Variable)
		}
		found, profile, err := r.findCredentials(ctx, o.credentialOptions)
		if err != nil {
			return nil, nil, err
		}
		r.talk.Say("the new credentials are from %s", found.Credentials.Source)
		blob, searched, source = profile.Base64(), &found, found.Credentials.Source
	case !set:
		return nil, nil, usageError{errorWithHint{fmt.Errorf("%s is not set", credentials.Variable),
			"set the variable (" + r.talk.Name + " bootstrap credentials encode-as-profile prints its value), or choose the credentials with --profile"}}
	case blob == "" && r.asClusterawsadm():
		r.talk.Warn("%s is empty: the Secret will be zeroed", credentials.Variable)
		return []byte(controller.ZeroedValue), nil, nil
	case blob == "":
		return nil, nil, usageError{errorWithHint{fmt.Errorf("%s is empty", credentials.Variable), "set the variable, or choose a profile with --profile; to remove the credentials from the Secret: capaboot controller zero-credentials"}}
	case !r.asClusterawsadm():
		r.talk.Say("the new credentials are from %s", credentials.Variable)
	}
	inspected := credentials.Inspect([]byte(blob))
	inspection = &inspected
	inspection.SetSource(source)
	inspection.AllowEmulator(r.Environment)
	if searched != nil {
		inspection.SetExpiry(searched.Credentials.Expires)
	}
	inspection.SetProgram(r.talk.Name)
	r.hideProfile(inspection.Text())
	value, err = base64.StdEncoding.DecodeString(strings.TrimSuffix(blob, "\n"))
	if err != nil || inspection.Wrapping != "base64" {
		return nil, nil, errors.Join(append([]error{errors.New(credentials.Variable + " must be one line of base64")}, fatalProblems(inspection)...)...)
	}
	return value, inspection, r.checkUsable(o, inspection, searched != nil)
}

// reportTemporary warns that temporary keys in the Secret must be replaced
// before they expire. If the old keys are temporary too and the new keys
// expire at a known time, it prints a message instead of a warning, because
// something, such as a CronJob, then replaces the keys regularly. old is nil
// if there are no old keys.
func (r *runner) reportTemporary(old, inspection *credentials.Inspection) {
	temporary, expires := inspection.Temporary()
	if !temporary {
		return
	}
	when := "expire at an unknown time"
	switch hasExpired := !expires.IsZero() && !expires.After(time.Now()); {
	case hasExpired: // refuseUnusable has warned about it
		return
	case expires.IsZero() && inspection.Identity != nil: // AWS has just accepted them
		when = "are valid now, but expire at an unknown time"
	case !expires.IsZero():
		when = fmt.Sprintf("expire at %s, in %s", expires.UTC().Format(time.RFC3339), credentials.FormatRemaining(expires))
	}
	if old != nil && !expires.IsZero() {
		if wasTemporary, _ := old.Temporary(); wasTemporary {
			r.talk.Say("the new keys %s; before that, replace these keys in the Secret, and restart the controllers", when)
			return
		}
	}
	r.talk.Warn("the new keys are temporary: they %s, and the controllers then cannot call AWS; before that, replace these keys in the Secret, and restart the controllers", when)
	r.talk.Hint("give the controllers a role, whose credentials are renewed: on EKS, %s controller use-pod-identity or use-irsa; on other clusters, an instance profile", r.talk.Name)
}

// checkUsable returns an error for new credentials that the controllers could
// not use, unless refuseUnusable accepts them. It also returns an error for
// credentials that expire before --min-ttl. It warns about their other
// problems. The problems are the same as in "inspect". searched means that
// findCredentials found the credentials, and has checked their lifetime.
func (r *runner) checkUsable(o updateCredentialsOptions, inspection *credentials.Inspection, searched bool) error {
	for _, problem := range inspection.Problems {
		if problem.Fatal {
			if err := r.refuseUnusable(o, inspection, problem.Message); err != nil {
				return err
			}
			continue
		}
		if problem.Code != credentials.CodeUnknownExpiry { // reportTemporary reports it
			r.talk.Warn("the new credentials: %s", problem.Message)
		}
	}
	if searched {
		return nil // findCredentials has checked the lifetime
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

// refuseUnusable returns an error for credentials that the controllers could not
// use. With --force or under the name clusterawsadm, it only warns about the
// problem.
func (r *runner) refuseUnusable(o updateCredentialsOptions, inspection *credentials.Inspection, problem string) error {
	if o.force || r.asClusterawsadm() {
		r.talk.Warn("the new credentials: %s", problem)
		return nil
	}
	return errors.Join(append(fatalProblems(inspection), errorWithHint{errors.New("CAPA's controllers cannot use these credentials: nothing was changed"), "to write the credentials anyway, pass --force"})...)
}

// fatalProblems returns the problems that keep the controllers from using the
// credentials.
func fatalProblems(inspection *credentials.Inspection) (all []error) {
	for _, problem := range inspection.Problems {
		if problem.Fatal {
			all = append(all, errorWithHint{errors.New("the new credentials: " + problem.Message), problem.Remedy})
		}
	}
	return all
}

// problemWithCode returns the message of the problem with a code, or "".
func problemWithCode(inspection *credentials.Inspection, code string) string {
	for _, problem := range inspection.Problems {
		if problem.Code == code {
			return problem.Message
		}
	}
	return ""
}

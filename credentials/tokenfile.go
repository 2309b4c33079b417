package credentials

// This file reads and renews the tokens that "aws login" and "aws sso login"
// store in files. The SDK's own providers renew a token, but only in a private
// copy of its file, because they write in place or keep the mode of the file.
// No tool locks these files, so another process may renew a token at the same
// time.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"capaboot/internal/atomicfile"
	"capaboot/internal/awsclient"
	"capaboot/internal/deadline"
)

// tokenFile is the content of a file with a token.
type tokenFile struct {
	path    string
	exposed bool                       // other users can read it
	fields  map[string]json.RawMessage // nil when it is not a JSON object
}

// readTokenFile reads a file. If it is not a JSON object, the result has no
// fields.
func readTokenFile(ctx context.Context, path string) (tokenFile, error) {
	text, exposed, err := readFile(ctx, path)
	if err != nil {
		return tokenFile{}, err
	}
	f := tokenFile{path: path, exposed: exposed}
	if json.Unmarshal([]byte(text), &f.fields) != nil {
		f.fields = nil
	}
	return f, nil
}

// text returns a field that is a string; "" for none.
func (f tokenFile) text(name string) string {
	var text string
	if json.Unmarshal(f.fields[name], &text) != nil {
		return ""
	}
	return text
}

// tokenRenewal describes how to renew a token.
type tokenRenewal struct {
	search *search
	file   tokenFile
	// purpose begins an error; signInAgain is the hint to get a new token.
	purpose, signInAgain string
	// service is the name in AWS_ENDPOINT_URL_<SERVICE>; serviceName is the
	// name in errors.
	service, serviceName, region string
	// changedFields are the JSON names of the fields that a renewal changes.
	changedFields []string
	// renew lets the SDK renew the token in the copy at path, and records the
	// outcome of the request.
	renew func(ctx context.Context, config aws.Config, path string, outcome *renewalOutcome) error
	// valid reports whether a file has a token that can be used now.
	valid func(tokenFile) bool
}

// renewalOutcome is the outcome of the request that renews a token. The SDK's
// providers keep only the text of the error.
type renewalOutcome struct {
	sent bool
	err  error
}

func (o *renewalOutcome) record(err error) { o.sent, o.err = true, err }

// do renews the token and writes the file, readable only by its owner. It keeps
// the fields that a renewal does not change.
func (r tokenRenewal) do(ctx context.Context) (tokenFile, error) {
	settings := r.search.clientSettings(ctx, r.region, nil)
	config, err := settings.Config(ctx, r.service)
	if ctx.Err() != nil {
		return tokenFile{}, deadline.NewEnded(ctx, r.purpose)
	}
	if err != nil {
		return tokenFile{}, unusableSettings(r.purpose, err)
	}
	last := awsclient.RecordLastError(&config)
	limited, cancel := context.WithTimeout(ctx, r.search.limits.call)
	defer cancel()
	renewed, err := r.renewCopy(func(path string) error {
		var outcome renewalOutcome
		err := r.renew(limited, config, path, &outcome)
		switch {
		case outcome.err != nil:
			return outcome.err
		case err != nil && outcome.sent:
			return failf(r.signInAgain, "%s: %s returned a token that cannot be saved or used", r.purpose, r.serviceName)
		case err != nil:
			return failf(r.signInAgain, "%s: %s contains no token that the AWS SDK can use", r.purpose, r.file.path)
		}
		return nil
	})
	if err == nil {
		return renewed, nil
	}
	if ctx.Err() != nil {
		return tokenFile{}, stoppedError(ctx, r.purpose, last(), r.serviceName, settings.EndpointSetting(r.service))
	}
	if problem, isOurs := errors.AsType[*Error](err); isOurs {
		return tokenFile{}, problem
	}
	api, rejected := errors.AsType[smithy.APIError](err)
	if rejected {
		if other, ok := r.renewedByAnother(ctx); ok {
			return other, nil
		}
	}
	problem := explain(withLast(err, last()), r.serviceName, settings.EndpointSetting(r.service))
	if rejected && !problem.transient {
		problem.hint = r.signInAgain
		if text, hint := signInRefusal(api); text != "" {
			problem.text = r.serviceName + ": " + text
			problem.hint = hint + r.signInAgain
		}
	}
	return tokenFile{}, problem.problem(r.purpose, safeCause(err))
}

// renewCopy renews a private copy, and writes the changed fields to the file.
// It creates the copy in the same folder, which also checks that the folder is
// writable. A check after the request would be too late, because a refresh
// token may be valid only once.
func (r tokenRenewal) renewCopy(renew func(path string) error) (tokenFile, error) {
	unsaved := func(err error) error {
		return failf("make the folder writable, or "+r.signInAgain, "%s: the token has expired, and the new token cannot be saved: %v", r.purpose, err)
	}
	path, err := filepath.EvalSymlinks(r.file.path)
	if err != nil {
		return tokenFile{}, unsaved(systemError(err))
	}
	folder, err := os.MkdirTemp(filepath.Dir(path), ".capaboot.*") // with the mode 0700
	if err != nil {
		return tokenFile{}, unsaved(fmt.Errorf("writing in %s: %w", filepath.Dir(r.file.path), systemError(err)))
	}
	defer os.RemoveAll(folder)
	text, err := json.Marshal(r.file.fields)
	if err != nil {
		return tokenFile{}, unsaved(errors.New("the file is not JSON"))
	}
	copied := filepath.Join(folder, "token.json")
	if err := os.WriteFile(copied, text, 0o600); err != nil {
		return tokenFile{}, unsaved(systemError(err))
	}
	if err := renew(copied); err != nil {
		return tokenFile{}, err
	}
	text, err = os.ReadFile(copied)
	var fields map[string]json.RawMessage
	if err == nil {
		err = json.Unmarshal(text, &fields)
	}
	if err != nil {
		return tokenFile{}, unsaved(errors.New("the temporary file with the new token cannot be read"))
	}
	renewed := tokenFile{path: r.file.path, fields: map[string]json.RawMessage{}}
	for name, value := range r.file.fields {
		renewed.fields[name] = value
	}
	for _, name := range r.changedFields {
		delete(renewed.fields, name)
		if value, ok := fields[name]; ok {
			renewed.fields[name] = value
		}
	}
	text, err = json.Marshal(renewed.fields)
	if err == nil {
		err = atomicfile.Write(path, text)
	}
	if err != nil {
		return tokenFile{}, unsaved(err)
	}
	return renewed, nil
}

// renewedByAnother checks whether another process has renewed the token, which
// invalidates the token of this process. It checks at once, and again a moment
// later, when that process may have written its token.
func (r tokenRenewal) renewedByAnother(ctx context.Context) (tokenFile, bool) {
	for _, pause := range []time.Duration{0, r.search.limits.reread} {
		if deadline.Sleep(ctx, pause); ctx.Err() != nil {
			return tokenFile{}, false
		}
		if other, err := readTokenFile(ctx, r.file.path); err == nil && r.valid(other) {
			return other, true
		}
	}
	return tokenFile{}, false
}

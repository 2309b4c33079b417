package credentials

// This file reads and renews the tokens that "aws login" and "aws sso login"
// leave in files. The SDK's own providers renew them, each in a private copy:
// they would write into the file in place, or with the mode that it has. No tool
// locks these files, so another one may renew a token at the same time.

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

// tokenFile is a file with a token, read.
type tokenFile struct {
	path    string
	exposed bool                       // others than its owner can read it
	fields  map[string]json.RawMessage // nil when it is not a JSON object
}

// readTokenFile reads a file. One that is not a JSON object has no fields.
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

// text returns a field that is a string, "" for none.
func (f tokenFile) text(name string) string {
	var text string
	if json.Unmarshal(f.fields[name], &text) != nil {
		return ""
	}
	return text
}

// tokenRenewal is how a token is renewed.
type tokenRenewal struct {
	search *search
	file   tokenFile
	// purpose is what an error begins with, again the command that makes a new
	// token.
	purpose, again string
	// service is named as in AWS_ENDPOINT_URL_<SERVICE>, and called so by people.
	service, called, region string
	// changed are the fields that a renewal changes.
	changed []string
	// renew has the SDK renew the token in a file, and keeps what became of the
	// request.
	renew func(ctx context.Context, config aws.Config, copied string, request *renewalRequest) error
	// valid says whether a file has a token that can be used now.
	valid func(tokenFile) bool
}

// renewalRequest is what became of the request of a renewal: the SDK's providers
// keep the text alone of its error.
type renewalRequest struct {
	sent bool
	err  error
}

// ended keeps the outcome.
func (r *renewalRequest) ended(err error) { r.sent, r.err = true, err }

// do returns the file with a new token. It writes the file, readable by its
// owner alone, and leaves fields as they are that a renewal does not change.
func (r tokenRenewal) do(ctx context.Context) (tokenFile, error) {
	settings := r.search.clientSettings(ctx, r.region, nil)
	config, err := settings.Config(ctx, r.service)
	if ctx.Err() != nil {
		return tokenFile{}, deadline.Stopped(ctx, r.purpose)
	}
	if err != nil {
		return tokenFile{}, failf("", "%s: %v", r.purpose, err)
	}
	last := awsclient.Remember(&config)
	limited, cancel := context.WithTimeout(ctx, r.search.limits.call)
	defer cancel()
	renewed, err := r.copied(func(copied string) error {
		var request renewalRequest
		err := r.renew(limited, config, copied, &request)
		switch {
		case request.err != nil:
			return request.err
		case err != nil && request.sent:
			return failf(r.again, "%s: the new token of %s cannot be saved or used", r.purpose, r.called)
		case err != nil:
			return failf(r.again, "%s: %s holds no token that the AWS SDK can use", r.purpose, r.file.path)
		}
		return nil
	})
	if err == nil {
		return renewed, nil
	}
	if ctx.Err() != nil {
		return tokenFile{}, stopped(ctx, r.purpose, last(), r.called, settings.CustomEndpoint(r.service))
	}
	if problem, ours := errors.AsType[*Error](err); ours {
		return tokenFile{}, problem
	}
	api, refused := errors.AsType[smithy.APIError](err)
	if refused {
		if other, ok := r.renewedByAnother(ctx); ok {
			return other, nil
		}
	}
	problem := explain(withLast(err, last()), r.called, settings.CustomEndpoint(r.service))
	if refused && !problem.passing {
		problem.hint = r.again
		if text, hint := signInRefusal(api); text != "" {
			problem.text = r.called + ": " + text
			problem.hint = hint + r.again
		}
	}
	return tokenFile{}, problem.problem(r.purpose, cause(err))
}

// copied renews a private copy, and puts what is new into the file. That the
// folder takes new files is known before AWS is asked: a token that is used to
// get another one may serve once.
func (r tokenRenewal) copied(renew func(copied string) error) (tokenFile, error) {
	unsaved := func(err error) error {
		return failf("make the folder writable, or "+r.again, "%s: the token has expired, and a new one cannot be saved: %v", r.purpose, err)
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
		return tokenFile{}, unsaved(errors.New("its copy cannot be read"))
	}
	renewed := tokenFile{path: r.file.path, fields: map[string]json.RawMessage{}}
	for name, value := range r.file.fields {
		renewed.fields[name] = value
	}
	for _, name := range r.changed {
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

// systemError is what the system says, without the name of a temporary file.
func systemError(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}

// renewedByAnother checks whether another process has renewed the token, which makes
// the one of this process invalid: at once, and again a moment later, when that process
// has written its token.
func (r tokenRenewal) renewedByAnother(ctx context.Context) (tokenFile, bool) {
	for _, pause := range []time.Duration{0, r.search.limits.reread} {
		select {
		case <-ctx.Done():
			return tokenFile{}, false
		case <-time.After(pause):
		}
		if other, err := readTokenFile(ctx, r.file.path); err == nil && r.valid(other) {
			return other, true
		}
	}
	return tokenFile{}, false
}

package controller

// This file reads and writes the Secret with the credentials of the controllers.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"capaboot/internal/deadline"
)

// State is the state of the Secret's credentials key.
type State string

// The states of the key.
const (
	KeyAbsent State = "key-absent" // the key does not exist
	Empty     State = "empty"      // the value is empty
	Zeroed    State = "zeroed"     // only white space; clusterawsadm writes a line break
	Filled    State = "filled"     // any other value
)

// ZeroedValue replaces the credentials. The key must remain, or mounting the
// Secret fails. The SDK ignores an empty credentials file.
const ZeroedValue = "\n"

// Credentials returns the value that the controllers mount as their credentials file.
func (s *Secret) Credentials() (value []byte, state State) {
	value, ok := s.Data[SecretKey]
	switch {
	case !ok:
		return nil, KeyAbsent
	case len(value) == 0:
		return value, Empty
	case strings.TrimSpace(string(value)) == "":
		return value, Zeroed
	}
	return value, Filled
}

// Written returns when the credentials were last written, and by which field
// manager: a zero time and "" if the API server has not recorded the write.
func (s *Secret) Written() (time.Time, string) {
	var last ManagedFields
	for _, entry := range s.Metadata.ManagedFields {
		if entry.Wrote("data", SecretKey) && entry.Time.After(last.Time) {
			last = entry
		}
	}
	return last.Time, last.Manager
}

// FindCredentials reads the Secret. If it does not exist, the error lists the
// Secrets of the provider; see [Cluster.Find].
func (c *Cluster) FindCredentials(ctx context.Context, namespace string) (*Secret, error) {
	var s Secret
	if err := c.Find(ctx, Secrets, namespace, SecretName, &s); err != nil {
		return nil, err
	}
	return &s, nil
}

// UnknownOutcome is the error when a change was sent and it is unknown whether
// it was made.
type UnknownOutcome struct {
	Err     error // the error of the request that changes the object
	ReadErr error // the error of reading the object afterwards
}

func (e *UnknownOutcome) Error() string {
	return fmt.Sprintf("%v; it is unknown whether the Secret was changed: %v", e.Err, e.ReadErr)
}

// Unwrap returns the error of the request that changes the object.
func (e *UnknownOutcome) Unwrap() error { return e.Err }

// maxWriteAttempts is the maximum number of times that a change is sent, if
// another part of the Secret, such as a label, changes each time.
const maxWriteAttempts = 5

// WriteCredentials replaces the credentials of the Secret with value, and
// returns the changed Secret. It changes nothing else. read is the Secret as it
// was read before; if its credentials have changed since then, the error is a
// [*Conflict].
func (c *Cluster) WriteCredentials(ctx context.Context, read *Secret, value []byte) (*Secret, error) {
	before, state := read.Credentials()
	for attempt := 1; ; attempt++ {
		written, err := c.patchCredentials(ctx, read, value)
		if err == nil {
			return written, nil
		}
		_, conflict := errors.AsType[*Conflict](err)
		if !conflict && !requestMayHaveChanged(err) {
			return nil, err
		}
		var now Secret
		if readErr := c.Get(ctx, Secrets, read.Metadata.Namespace, read.Metadata.Name, &now); readErr != nil {
			if conflict {
				return nil, err
			}
			return nil, &UnknownOutcome{err, readErr}
		}
		current, currentState := now.Credentials()
		switch {
		case slices.Equal(current, value) && currentState != KeyAbsent && now.Metadata.ResourceVersion != read.Metadata.ResourceVersion:
			return &now, nil // The change was made and its response lost, or another writer made the same change.
		case now.Metadata.UID != read.Metadata.UID || currentState != state || !slices.Equal(current, before):
			return nil, &Conflict{Secrets, read.Metadata.Namespace, read.Metadata.Name}
		case now.Immutable:
			return nil, &Immutable{read.Metadata.Namespace, read.Metadata.Name}
		case !conflict || attempt == maxWriteAttempts:
			return nil, err
		}
		read = &now // Only another field changed, such as a label.
	}
}

// MayHaveChanged reports whether a change may have been made in spite of the
// error.
func MayHaveChanged(err error) bool {
	for _, target := range []any{new(*UnknownOutcome), new(*UnknownRestart), new(*AlteredSecret), new(*deadline.Ended)} {
		if errors.As(err, target) {
			return true
		}
	}
	return requestMayHaveChanged(err)
}

// requestMayHaveChanged is like MayHaveChanged, for the errors of a single request.
// After such an error, reading the object shows whether the change was made.
func requestMayHaveChanged(err error) bool {
	if e, ok := errors.AsType[*Unreachable](err); ok {
		return e.Sent
	}
	if _, ok := errors.AsType[*Unexpected](err); ok {
		return true
	}
	e, ok := errors.AsType[*Rejected](err)
	return ok && e.Status >= 500
}

// patchCredentials sends the change once.
func (c *Cluster) patchCredentials(ctx context.Context, read *Secret, value []byte) (*Secret, error) {
	if read.Immutable {
		return nil, &Immutable{read.Metadata.Namespace, read.Metadata.Name}
	}
	body, err := json.Marshal(map[string]any{
		"metadata": map[string]string{"resourceVersion": read.Metadata.ResourceVersion},
		"data":     map[string][]byte{SecretKey: value},
	})
	if err != nil {
		return nil, err
	}
	var written Secret
	if err := c.Patch(ctx, Secrets, read.Metadata.Namespace, read.Metadata.Name, MergePatch, body, &written); err != nil {
		return nil, err
	}
	if got, _ := written.Credentials(); !slices.Equal(got, value) {
		return nil, &AlteredSecret{read.Metadata.Namespace, read.Metadata.Name}
	}
	return &written, nil
}

// AlteredSecret is the error when the API server accepted a change, but the Secret
// has a value other than the one that was sent. A webhook may have changed it.
type AlteredSecret struct{ Namespace, Name string }

func (e *AlteredSecret) Error() string {
	return subject(Secrets, e.Namespace, e.Name) + " was changed, but does not have the value that was sent: an admission webhook may have replaced it"
}

// Tests of checking whether the user is allowed to make a change.

package controller

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"capaboot/internal/kubedouble"
)

// lateContext is a context that ends right after a response, so that its end does not
// interrupt the request.
type lateContext struct {
	context.Context
	ended atomic.Bool
}

func (c *lateContext) Err() error {
	if c.ended.Load() {
		return context.Canceled
	}
	return nil
}

// If the context ends right after the response, CheckPatch does not say that the user is allowed.
func TestCheckPatchAfterTheEnd(t *testing.T) {
	s, c := openDouble(t)
	ctx := &lateContext{Context: context.Background()}
	s.Before(func(*kubedouble.Server, kubedouble.Request) { ctx.ended.Store(true) })
	if unknown, err := c.CheckPatch(ctx, Secrets, Namespace, SecretName); unknown != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", unknown, err)
	}
}

// controller use-pod-identity under the name clusterawsadm: the association alone

package cli

import (
	"context"
	"fmt"

	"capaboot/controller/move"
)

// associate creates the association without a question, as clusterawsadm does, and
// reports the steps that it leaves out.
func (r *runner) associate(ctx context.Context, o moveOptions, target move.Target) error {
	mover, where, err := r.mover(ctx, o)
	if err != nil {
		return err
	}
	done, err := mover.Associate(ctx, target)
	if err != nil {
		return o.withHint(err, where)
	}
	if done.Before != "" {
		r.talk.Warn("service account %s had the role %s", target.ServiceAccount, done.Before)
	}
	r.talk.Warn("the controllers use the credentials in their Secret until it is zeroed and they are restarted; under its own name, %s does all of it", "capaboot controller use-pod-identity")
	return r.write(ctx, []byte(fmt.Sprintf("association %s of service account %s with role %s: %s\n", done.ID, target.ServiceAccount, done.RoleARN, done.Result)))
}

// The command use-pod-identity under the name clusterawsadm, where it only
// creates the association.

package cli

import (
	"context"
	"fmt"

	"capaboot/controller/move"
	"capaboot/internal/shell"
)

// associate creates the association without a question, as clusterawsadm does,
// and warns about the steps that it does not take.
func (r *runner) associate(ctx context.Context, o moveOptions, target move.Target) error {
	mover, account, err := r.newMover(ctx, o)
	if err != nil {
		return err
	}
	associated, err := mover.Associate(ctx, target)
	if err != nil {
		return o.withHint(err, account)
	}
	if associated.Before != "" {
		r.talk.Warn("until now, service account %s was associated with the role %s", target.ServiceAccount, associated.Before)
	}
	r.talk.Warn("the controllers use the credentials in their Secret until the Secret is zeroed and the controllers are restarted: to do both, run %s", "capaboot controller use-pod-identity")
	line := fmt.Sprintf("association %s of service account %s with role %s: %s", associated.ID, target.ServiceAccount, associated.RoleARN, associated.Result)
	err = r.writeReport(ctx, "text", []byte(line+"\n"))
	if associated.Result == move.Unchanged {
		return err
	}
	return r.changeMadeError(err, line, "controller status --cluster-name "+shell.Word(o.clusterName))
}

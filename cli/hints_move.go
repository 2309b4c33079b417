// Hints for a move to EKS Pod Identity or IRSA that is blocked or has stopped.

package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/aws/smithy-go"

	"capaboot/controller"
	"capaboot/controller/move"
	"capaboot/credentials"
	"capaboot/internal/controllerview"
	"capaboot/internal/shell"
	"capaboot/internal/terminal"
)

// linesOf returns the non-empty lines of a text.
func linesOf(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			if line = strings.TrimRight(line, "\n"); line != "" && !yield(line) {
				return
			}
		}
	}
}

// withHint adds the hint to an error of a move.
func (o moveOptions) withHint(err error, where *credentials.Account) error {
	if hint := o.moveHint(err, where); hint != "" {
		return hinted{err, hint}
	}
	return rolloutOptions{clusterOptions: o.clusterOptions, timeout: o.timeout}.withHint(err)
}

// aws returns an AWS CLI command line for the EKS cluster.
func (o moveOptions) aws(where *credentials.Account, command string, more ...string) string {
	text := "aws " + command
	if strings.HasPrefix(command, "eks ") {
		text += " --cluster-name " + o.clusterName
	}
	for _, one := range more {
		text += " " + one
	}
	if where != nil {
		text += where.RegionOption() + where.ProfileOption()
	}
	return text
}

func (o moveOptions) moveHint(err error, where *credentials.Account) string {
	switch e := err.(type) {
	case *move.NoCluster:
		text := "see which there are, or choose another region or account with --region and --profile"
		if where != nil {
			text += ": aws eks list-clusters" + where.RegionOption() + where.ProfileOption()
		}
		if o.clusterName == o.namespace || strings.HasSuffix(o.clusterName, "-system") {
			text += "; -n is --cluster-name here: the namespace is --namespace"
		}
		return text
	case *move.NoAgent:
		if e.Status != "" {
			return "see what is wrong with it: " + o.aws(where, "eks describe-addon", "--addon-name "+move.Agent)
		}
		return "install it, and wait until it is ACTIVE: " + o.aws(where, "eks create-addon", "--addon-name "+move.Agent)
	case *move.NoRole:
		return "deploy it (capaboot bootstrap iam deploy), or name it with --role-name; with a namePrefix or nameSuffix in the configuration it has another name"
	case *move.NotTrusted:
		return o.trustHint(e)
	case *move.NoProvider:
		return o.providerHint(e, where)
	case *move.OtherServiceAccount:
		return "name it with --service-account " + e.Have
	case *move.OwnedByAddon:
		return "change it in the add-on, or give the controllers another service account"
	case *move.Shadowed:
		return "delete it, or use EKS Pod Identity (capaboot controller use-pod-identity): " + o.aws(where, "eks delete-pod-identity-association", "--association-id "+shell.Word(e.ID))
	case *move.ScaledToZero:
		return "scale it: " + o.kubectl() + " scale deployment -n " + e.Namespace + " " + e.Name + " --replicas 1"
	case *controller.PausedDeployment:
		return "resume it: " + o.kubectl() + " rollout resume deployment -n " + e.Namespace + " " + e.Name
	}
	if denied, ok := errors.AsType[smithy.APIError](err); ok && strings.HasPrefix(denied.ErrorCode(), "AccessDenied") {
		return "the policy that the command needs: capaboot bootstrap iam print-operator-policy --for " + o.purpose()
	}
	return ""
}

// purpose is the name of the command for print-operator-policy --for.
func (o moveOptions) purpose() string {
	if o.way == move.IRSA {
		return "use-irsa"
	}
	return "use-pod-identity"
}

// pods returns the flags of "policy trust" that select the service account.
func (o moveOptions) pods() (flags string) {
	if o.namespace != controller.Namespace {
		flags += " --namespace " + o.namespace
	}
	if o.serviceAccount != controller.ServiceAccountName {
		flags += " --service-account " + o.serviceAccount
	}
	return flags
}

func (o moveOptions) trustHint(e *move.NotTrusted) string {
	const into = "add what this prints to clusterAPIControllers.trustStatements of the configuration, and deploy it: "
	if e.Method == move.IRSA {
		return into + "capaboot policy trust irsa --oidc-provider " + e.ProviderARN + o.pods()
	}
	text := into + "capaboot policy trust pod-identity --cluster " + e.ClusterName + o.pods()
	if o.roleName == controllersRole {
		text = "deploy the template of CAPA v2.12.1 or newer, which has it (capaboot bootstrap iam deploy); or " + text
	}
	return text
}

func (o moveOptions) providerHint(e *move.NoProvider, where *credentials.Account) string {
	_, issuer, _ := strings.Cut(e.ARN, ":oidc-provider/")
	switch {
	case e.ARN == "":
		return ""
	case e.Audience != "":
		return "add it: " + o.aws(where, "iam add-client-id-to-open-id-connect-provider", "--open-id-connect-provider-arn "+e.ARN, "--client-id "+e.Audience)
	}
	return "make it: " + o.aws(where, "iam create-open-id-connect-provider", "--url "+shell.Word("https://"+issuer), "--client-id-list "+move.Audience)
}

// stopped reports the steps that were made, and how to undo them.
func (r *runner) stopped(ctx context.Context, o moveOptions, plan *move.Plan, err error, where *credentials.Account) error {
	stopped, ok := errors.AsType[*move.Stopped](err)
	if !ok {
		return err
	}
	if failed, ok := errors.AsType[*controller.RolloutFailed](err); ok {
		controllerview.SayTroubles(r.talk, failed.Troubles, failed.TroublesErr)
	}
	if ended, ok := errors.AsType[*controller.RolloutEnded](err); ok {
		controllerview.SayTroubles(r.talk, ended.Troubles, ended.TroublesErr)
	}
	controllerview.Stopped(r.talk, stopped)
	for _, undo := range stopped.Undo {
		r.talk.Say("to go back: %s", terminal.Named(o.goBack(undo, where), r.talk.Name))
	}
	if o.format == "json" && ctx.Err() == nil {
		if err := r.writeMove(ctx, o, controllerview.NewMove(plan, controllerview.MoveStopped, nil)); err != nil {
			return err
		}
	}
	hint := "run the same command again: it continues where it stopped"
	if controllerview.IsNotRunning(err) {
		hint = "look at the log of the pods, and run the same command again: " + o.kubectl() + " logs -n " + o.namespace + " deployment/" + controller.DeploymentName
	}
	if of := (rolloutOptions{clusterOptions: o.clusterOptions}).hintOfRollout(stopped.Err); of != "" {
		hint = of + "; then run the same command again"
	} else if inner := (hinted{}); errors.As(o.withHint(stopped.Err, where), &inner) {
		hint = inner.hint + "; then run the same command again"
	}
	return hinted{controllerview.StoppedError(plan, stopped), hint}
}

// goBack says how to undo a step.
func (o moveOptions) goBack(undo move.Undo, where *credentials.Account) string {
	perhaps := ""
	if undo.Uncertain {
		perhaps = " (whether it was made is unknown)"
	}
	switch undo.Step {
	case move.StepAssociation:
		switch {
		case undo.Before != "":
			return o.aws(where, "eks update-pod-identity-association", "--association-id "+shell.Word(undo.Association), "--role-arn "+shell.Word(undo.Before)) + perhaps
		case undo.Association == "":
			return "delete the association, if there is one: " + o.aws(where, "eks list-pod-identity-associations", "--namespace "+o.namespace, "--service-account "+o.serviceAccount)
		}
		return o.aws(where, "eks delete-pod-identity-association", "--association-id "+shell.Word(undo.Association)) + perhaps
	case move.StepAnnotation:
		value := controller.RoleAnnotation + "-"
		if undo.Before != "" {
			value = shell.Word(controller.RoleAnnotation+"="+undo.Before) + " --overwrite"
		}
		return fmt.Sprintf("%s annotate serviceaccount -n %s %s %s", o.kubectl(), o.namespace, o.serviceAccount, value) + perhaps
	}
	return "put credentials into the Secret again: capaboot controller update-credentials --rollout" + perhaps
}

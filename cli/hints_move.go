// Hints for a move, to EKS Pod Identity or IRSA, that is blocked or has
// stopped.

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"

	"capaboot/controller"
	"capaboot/controller/move"
	"capaboot/credentials"
	"capaboot/internal/controllerview"
	"capaboot/internal/shell"
	"capaboot/internal/terminal"
)

// withHint adds the hint for an error of a move, of a restart, or of a request to
// the cluster.
func (o moveOptions) withHint(err error, account *credentials.Account) error {
	if hint := o.moveHint(err, account); hint != "" {
		return errorWithHint{err, hint}
	}
	return rolloutOptions{clusterOptions: o.clusterOptions, timeout: o.timeout}.withHint(err)
}

// awsCommand returns an AWS CLI command line, with the options that select the
// region and the profile of the account. A command of "aws eks" also gets
// --cluster-name.
func (o moveOptions) awsCommand(account *credentials.Account, command string, arguments ...string) string {
	text := "aws " + command
	if strings.HasPrefix(command, "eks ") {
		text += " --cluster-name " + o.clusterName
	}
	for _, argument := range arguments {
		text += " " + argument
	}
	if account != nil {
		text += account.RegionOption() + account.ProfileOption()
	}
	return text
}

func (o moveOptions) moveHint(err error, account *credentials.Account) string {
	switch e := err.(type) {
	case *move.NoCluster:
		text := "choose another region or account with --region and --profile, or list the clusters"
		if account != nil {
			text += ": aws eks list-clusters" + account.RegionOption() + account.ProfileOption()
		}
		if o.clusterName == o.namespace || strings.HasSuffix(o.clusterName, "-system") {
			text += "; -n means --cluster-name here: pass the namespace with --namespace"
		}
		return text
	case *move.NoAgent:
		return o.agentHint(e, account)
	case *move.NoRole:
		return "deploy the role (capaboot bootstrap iam deploy), or pass the name of another role with --role-name; if the configuration has a namePrefix or nameSuffix, the role of the controllers has another name"
	case *move.NotTrusted:
		return o.trustHint(e)
	case *move.NoProvider:
		return o.providerHint(e, account)
	case *move.OtherServiceAccount:
		return "pass --service-account " + e.Have
	case *move.OwnedByAddon:
		return "change the association in the add-on, or give the controllers another service account"
	case *move.OnFargate:
		return "use IAM roles for service accounts: capaboot controller use-irsa --cluster-name " + shell.Word(o.clusterName)
	case *move.PrecedingAssociation:
		return "delete the association (" + o.awsCommand(account, "eks delete-pod-identity-association", "--association-id "+shell.Word(e.ID)) + "), or use EKS Pod Identity (capaboot controller use-pod-identity)"
	case *move.FilledAgain:
		if len(e.Managers) == 0 {
			return "find out which tool writes the Secret (capaboot controller print-credentials), configure the tool not to write credentials, and run the command again"
		}
		return "configure that tool not to write credentials, and run the command again"
	case *move.ScaledToZero:
		return "scale the Deployment: " + o.kubectlCommand() + " scale deployment -n " + e.Namespace + " " + e.Name + " --replicas 1"
	case *controller.PausedDeployment:
		return "resume the Deployment: " + o.kubectlCommand() + " rollout resume deployment -n " + e.Namespace + " " + e.Name
	}
	if denied, ok := errors.AsType[smithy.APIError](err); ok && strings.HasPrefix(denied.ErrorCode(), "AccessDenied") {
		return "attach the policy that the command needs; to print the policy: capaboot bootstrap iam print-operator-policy --for " + o.purpose()
	}
	return ""
}

// agentHint returns the hint for a missing EKS Pod Identity agent.
func (o moveOptions) agentHint(e *move.NoAgent, account *credentials.Account) string {
	if len(e.DaemonSets) > 0 {
		set := e.DaemonSets[0]
		return fmt.Sprintf("find out why the pods of the DaemonSet do not run: %[1]s describe daemonset -n %[2]s %[3]s; %[1]s logs -n %[2]s daemonset/%[3]s", o.kubectlCommand(), set.Namespace, set.Name)
	}
	hint := "install the add-on, and wait until its status is ACTIVE: " + o.awsCommand(account, "eks create-addon", "--addon-name "+move.Agent)
	switch {
	case e.AddonErr != nil:
		hint = "attach the policy that the command needs (to print the policy: capaboot bootstrap iam print-operator-policy --for use-pod-identity), or " + hint
	case e.Status != "":
		hint = "read the health issues of the add-on: " + o.awsCommand(account, "eks describe-addon", "--addon-name "+move.Agent)
	}
	if forbidden, ok := errors.AsType[*controller.Forbidden](e.DaemonSetErr); ok {
		hint += "; or, if a DaemonSet runs the agent, let the command list DaemonSets (" + o.grantHint(forbidden) + ")"
	}
	return hint
}

// purpose returns the name of the command for print-operator-policy --for.
func (o moveOptions) purpose() string {
	if o.method == move.IRSA {
		return "use-irsa"
	}
	return "use-pod-identity"
}

// serviceAccountFlags returns the flags of "policy trust" that name the service
// account and its namespace, if they are not the default ones.
func (o moveOptions) serviceAccountFlags() (flags string) {
	if o.namespace != controller.Namespace {
		flags += " --namespace " + o.namespace
	}
	if o.serviceAccount != controller.ServiceAccountName {
		flags += " --service-account " + o.serviceAccount
	}
	return flags
}

// trustHint returns the hint for a role that does not trust the service account.
func (o moveOptions) trustHint(e *move.NotTrusted) string {
	add := func(command string) string {
		return fmt.Sprintf("run %q, add its output to clusterAPIControllers.trustStatements in the configuration, and deploy the configuration", command+o.serviceAccountFlags())
	}
	if e.Method == move.IRSA {
		return add("capaboot policy trust irsa --oidc-provider " + e.ProviderARN)
	}
	text := add("capaboot policy trust pod-identity --cluster " + e.ClusterName)
	if o.roleName == controllersRole {
		text = "deploy the template of CAPA v2.12.1 or newer, in which the role trusts EKS Pod Identity unless eks.disable is true (capaboot bootstrap iam deploy); or " + text
	}
	return text
}

// providerHint returns the hint for an OIDC provider that IAM lacks, or that
// lacks the audience.
func (o moveOptions) providerHint(e *move.NoProvider, account *credentials.Account) string {
	_, issuer, _ := strings.Cut(e.ARN, ":oidc-provider/")
	switch {
	case e.ARN == "":
		return ""
	case e.Audience != "":
		return "add the audience to the OIDC provider: " + o.awsCommand(account, "iam add-client-id-to-open-id-connect-provider", "--open-id-connect-provider-arn "+e.ARN, "--client-id "+e.Audience)
	}
	return "create the OIDC provider: " + o.awsCommand(account, "iam create-open-id-connect-provider", "--url "+shell.Word("https://"+issuer), "--client-id-list "+move.Audience)
}

// reportStopped prints the completed steps of a stopped move and how to undo
// them (with --output json, also the report), and returns the error with a
// hint. It returns other errors unchanged.
func (r *runner) reportStopped(ctx context.Context, o moveOptions, plan *move.Plan, err error, account *credentials.Account) error {
	stopped, ok := errors.AsType[*move.Stopped](err)
	if !ok {
		return err
	}
	if failed, ok := errors.AsType[*controller.RolloutFailed](err); ok {
		controllerview.PrintTroubles(r.talk, failed.Troubles, failed.TroublesErr)
	}
	if ended, ok := errors.AsType[*controller.RolloutEnded](err); ok {
		controllerview.PrintTroubles(r.talk, ended.Troubles, ended.TroublesErr)
	}
	controllerview.PrintStopped(r.talk, stopped)
	for _, undo := range stopped.Undo {
		r.talk.Say("to undo: %s", terminal.WithProgramName(o.undoText(undo, account), r.talk.Name))
	}
	var writeErr error
	if o.format == "json" {
		writeErr = r.writeStopped(ctx, o, controllerview.NewStoppedMove(plan, stopped))
	}
	hint := "run the same command again: the command continues where it stopped"
	if controllerview.IsNotRunning(err) {
		hint = "read the log of the pods (" + o.kubectlCommand() + " logs -n " + o.namespace + " deployment/" + controller.DeploymentName + "), then run the same command again"
	}
	if rolloutHint := (rolloutOptions{clusterOptions: o.clusterOptions}).hintOfRollout(stopped.Err); rolloutHint != "" {
		hint = thenRunAgain(rolloutHint)
	} else if inner := (errorWithHint{}); errors.As(o.withHint(stopped.Err, account), &inner) {
		hint = thenRunAgain(inner.hint)
	}
	if err = (errorWithHint{controllerview.StoppedError(plan, stopped), hint}); writeErr != nil {
		return joinedErrors{err, writeErr}
	}
	return err
}

// thenRunAgain adds to a hint that the command is to be run again, unless the hint
// says so already.
func thenRunAgain(hint string) string {
	if strings.HasSuffix(hint, "run the command again") {
		return hint
	}
	return hint + "; then run the same command again"
}

// undoText returns how to undo a step: a command, or an instruction.
func (o moveOptions) undoText(undo move.Undo, account *credentials.Account) string {
	condition := ""
	if undo.OutcomeUnknown {
		condition = " (it is unknown whether this step was done)"
	}
	switch undo.Step {
	case move.StepAssociation:
		switch {
		case undo.Before != "":
			return o.awsCommand(account, "eks update-pod-identity-association", "--association-id "+shell.Word(undo.Association), "--role-arn "+shell.Word(undo.Before)) + condition
		case undo.Association == "":
			return "if the association exists, delete it; to find it: " + o.awsCommand(account, "eks list-pod-identity-associations", "--namespace "+o.namespace, "--service-account "+o.serviceAccount)
		}
		return o.awsCommand(account, "eks delete-pod-identity-association", "--association-id "+shell.Word(undo.Association)) + condition
	case move.StepAnnotation:
		value := controller.RoleAnnotation + "-"
		if undo.Before != "" {
			value = shell.Word(controller.RoleAnnotation+"="+undo.Before) + " --overwrite"
		}
		return fmt.Sprintf("%s annotate serviceaccount -n %s %s %s", o.kubectlCommand(), o.namespace, o.serviceAccount, value) + condition
	}
	return "put credentials into the Secret again: capaboot controller update-credentials --rollout" + condition
}

// Hints for a restart of the controllers that failed or did not complete.

package cli

import (
	"errors"
	"fmt"

	"capaboot/controller"
)

// hintOfRollout returns the hint for an error of a restart; "" for other
// errors.
func (o rolloutOptions) hintOfRollout(err error) string {
	if e, ok := errors.AsType[*controller.PausedDeployment](err); ok {
		return fmt.Sprintf("resume the Deployment first: %s rollout resume -n %s deployment/%s", o.kubectlCommand(), e.Namespace, e.Name)
	}
	if controller.IsRolloutInProgress(err) {
		return fmt.Sprintf("the restart continues in the cluster; to follow it: %s rollout status -n %s deployment/%s", o.kubectlCommand(), o.namespace, controller.DeploymentName)
	}
	if controller.IsRestartUnknown(err) {
		return "to see when the controllers were last restarted: capaboot controller status"
	}
	failed, ok := errors.AsType[*controller.RolloutFailed](err)
	if !ok {
		return ""
	}
	if len(failed.Managers) > 0 {
		manager := failed.Managers[0]
		if manager.IsOperator {
			return manager.Name + " manages the Deployment (" + manager.Evidence + ") and may have installed the Deployment again: wait until the InfrastructureProvider is ready, and run the command again"
		}
		return manager.Name + " manages the Deployment (" + manager.Evidence + ") and may revert the restart: configure the tool to ignore the annotation " + controller.RestartedAt + ", and run the command again"
	}
	if failed.Reason == "Undone" {
		return "a tool that applies the Deployment's manifest, such as Argo CD or Flux, may revert the restart: configure the tool to ignore the annotation " + controller.RestartedAt + ", and run the command again"
	}
	switch failed.Reason {
	case "NotMade":
		return fmt.Sprintf("list the webhooks that change objects: %s get mutatingwebhookconfigurations", o.kubectlCommand())
	case "Deleted":
		return "find out which tool deletes the Deployment; after the Deployment exists again, run the command again"
	}
	undo := fmt.Sprintf("; old pods, if any, continue to run; to undo the restart: %s rollout undo -n %s deployment/%s", o.kubectlCommand(), failed.Namespace, failed.Deployment)
	if len(failed.Troubles) == 0 {
		return fmt.Sprintf("describe the pods: %s describe pods -n %s", o.kubectlCommand(), failed.Namespace) + undo
	}
	return o.hintOfTrouble(failed.Namespace, failed.Troubles[0]) + undo
}

// hintOfTrouble returns the hint for a pod that does not run.
func (o rolloutOptions) hintOfTrouble(namespace string, t controller.Trouble) string {
	describe := fmt.Sprintf("%s describe pod -n %s %s", o.kubectlCommand(), namespace, t.Pod)
	switch t.Kind {
	case controller.TroubleImage:
		return "check whether the image exists, and whether the node is allowed to pull the image: " + describe
	case controller.TroubleCrash:
		return fmt.Sprintf("read the log of the container: %s logs --previous -n %s %s -c %s", o.kubectlCommand(), namespace, t.Pod, t.Container)
	case controller.TroublePending:
		return "no node can run the pod; add a node, or find the reason: " + describe
	case controller.TroubleConfig, controller.TroubleMount:
		return "a Secret, ConfigMap or volume of the pod may not exist; check the controllers' Secret (capaboot controller print-credentials), and the events of the pod: " + describe
	case controller.TroubleCreate:
		return fmt.Sprintf("a quota or an admission webhook may prevent the creation of the pod; read the events: %s get events -n %s", o.kubectlCommand(), namespace)
	}
	return fmt.Sprintf("read the log of the pod: %s logs -n %s %s", o.kubectlCommand(), namespace, t.Pod)
}

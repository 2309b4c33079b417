// Hints about a failed restart of the controllers, by its reason.

package cli

import (
	"errors"
	"fmt"

	"capaboot/controller"
)

func (o rolloutOptions) hintOfRollout(err error) string {
	if e, ok := errors.AsType[*controller.PausedDeployment](err); ok {
		return fmt.Sprintf("nothing was changed; resume it first: %s rollout resume -n %s deployment/%s", o.kubectl(), e.Namespace, e.Name)
	}
	if controller.IsRolloutInProgress(err) {
		return fmt.Sprintf("the restart continues in the cluster; see how far it is: %s rollout status -n %s deployment/%s", o.kubectl(), o.namespace, controller.DeploymentName)
	}
	failed, ok := errors.AsType[*controller.RolloutFailed](err)
	if !ok {
		return ""
	}
	if failed.Reason == "Undone" {
		return "a tool that applies the Deployment's manifest, such as Argo CD or Flux, may revert it every time: let it ignore the annotation " + controller.RestartedAt + ", and run the command again"
	}
	back := fmt.Sprintf("; old pods, if any, continue to run; to go back: %s rollout undo -n %s deployment/%s", o.kubectl(), failed.Namespace, failed.Deployment)
	if len(failed.Troubles) == 0 {
		return fmt.Sprintf("look at the pods: %s describe pods -n %s", o.kubectl(), failed.Namespace) + back
	}
	return o.hintOfTrouble(failed.Namespace, failed.Troubles[0]) + back
}

// hintOfTrouble is the hint for a pod that does not run.
func (o rolloutOptions) hintOfTrouble(namespace string, t controller.Trouble) string {
	describe := fmt.Sprintf("%s describe pod -n %s %s", o.kubectl(), namespace, t.Pod)
	switch t.Kind {
	case controller.TroubleImage:
		return "check whether the image exists and the node may pull it: " + describe
	case controller.TroubleCrash:
		return fmt.Sprintf("see what it wrote: %s logs --previous -n %s %s -c %s", o.kubectl(), namespace, t.Pod, t.Container)
	case controller.TroublePending:
		return "no node takes the pod: add a node, or see what keeps it from the nodes: " + describe
	case controller.TroubleConfig, controller.TroubleMount:
		return "something that it mounts or reads may not exist; to check the Secret of the controllers: controller print-credentials; to see the details: " + describe
	case controller.TroubleCreate:
		return fmt.Sprintf("a quota or an admission webhook keeps the pod from being created: %s get events -n %s", o.kubectl(), namespace)
	}
	return fmt.Sprintf("see what it says: %s logs -n %s %s", o.kubectl(), namespace, t.Pod)
}

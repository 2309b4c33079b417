package controller

// This file checks whether the user is allowed to make a change, before anything is
// changed.

import (
	"cmp"
	"context"
	"errors"
	"net/http"
)

// CheckRestart returns the error with which [Cluster.Rollout] would fail before
// it changes anything. That error means that the Deployment cannot be read,
// that it is paused and r does not allow this, or that the user is not allowed
// to change it. unknown is the reason why it is unknown whether the user is
// allowed to change the Deployment, or nil. CheckRestart itself changes
// nothing.
func (c *Cluster) CheckRestart(ctx context.Context, r Restart) (unknown, err error) {
	name := cmp.Or(r.Deployment, DeploymentName)
	var d Deployment
	if err := c.Find(ctx, Deployments, r.Namespace, name, &d); err != nil {
		return nil, err
	}
	if d.Spec.Paused && !r.Paused {
		return nil, &PausedDeployment{r.Namespace, name}
	}
	return c.CheckPatch(ctx, Deployments, r.Namespace, name)
}

// CheckPatch returns a [*Forbidden] if the user is not allowed to patch an
// object, and another error only if ctx has ended. unknown is nil, or the
// reason why the access is unknown. CheckPatch changes nothing.
func (c *Cluster) CheckPatch(ctx context.Context, r Resource, namespace, name string) (unknown, err error) {
	review, err := c.reviewAccess(ctx, "patch", r, namespace, name)
	switch {
	case ctx.Err() != nil:
		return nil, cmp.Or(err, ctx.Err())
	case err != nil:
		return err, nil
	case review.Allowed:
		return nil, nil
	case review.EvaluationError != "":
		return &reviewIncomplete{review.EvaluationError}, nil
	}
	return nil, &Forbidden{"patch", r, namespace, name, cmp.Or(review.Reason, "a SelfSubjectAccessReview says that the access is denied")}
}

// accessReviews returns the resource SelfSubjectAccessReview, with which users
// ask what they are allowed to do. By default, every authenticated user may
// create such a review.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
func accessReviews() Resource {
	return Resource{"authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview"}
}

// accessReview is the status of a SelfSubjectAccessReview.
// https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-access-review-v1/
type accessReview struct {
	Allowed         bool
	Reason          string // "" for most denials by RBAC
	EvaluationError string // why a part of the rules was not evaluated
}

// reviewIncomplete is the error when the API server did not evaluate all rules.
type reviewIncomplete struct{ problem string }

func (e *reviewIncomplete) Error() string { return "SelfSubjectAccessReview: " + e.problem }

// reviewAccess asks the API server whether the user is allowed to make a request.
func (c *Cluster) reviewAccess(ctx context.Context, verb string, r Resource, namespace, name string) (accessReview, error) {
	kind := accessReviews()
	var answer struct{ Status *accessReview }
	err := c.create(ctx, kind, map[string]any{
		"apiVersion": kind.apiVersion(), "kind": kind.Kind,
		"spec": map[string]any{"resourceAttributes": map[string]string{
			"namespace": namespace, "verb": verb, "group": r.Group, "version": r.Version, "resource": r.Plural, "name": name,
		}},
	}, &answer)
	if err != nil {
		return accessReview{}, err
	}
	if answer.Status == nil {
		return accessReview{}, c.unexpectedError(http.StatusCreated, "a SelfSubjectAccessReview without a status")
	}
	for _, text := range []*string{&answer.Status.Reason, &answer.Status.EvaluationError} {
		if *text != "" {
			*text = c.safeLine(errors.New(*text))
		}
	}
	return *answer.Status, nil
}

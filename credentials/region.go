package credentials

// This file finds the region.

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"capaboot/policies/arn"
)

// region returns the region that the request, a variable or the profile names,
// in the order that Find documents, or else FallbackRegion. The region of a
// profile comes from the credentials file, or else from the config file.
func (s *search) region(ctx context.Context) (Region, error) {
	if s.request.Region != "" {
		return newRegion(s.request.Region, s.request.name(SettingRegion))
	}
	for _, variable := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "DEFAULT_AWS_REGION"} {
		if value := s.env.Get(variable); value != "" {
			region, err := newRegion(value, variable)
			if e, ok := errors.AsType[*Error](err); ok {
				e.Err = ErrInvalidRegion
			}
			return region, err
		}
	}
	p, err := s.profile(ctx)
	if err != nil {
		return Region{}, err
	}
	e, ok := p.get(string(region))
	if !ok {
		return Region{Name: FallbackRegion, Source: "the fallback", Fallback: true}, nil
	}
	if err := e.check(region); err != nil {
		return Region{}, err
	}
	return Region{Name: e.value, Source: fmt.Sprintf("profile %s in %s", quote(p.name), e.file.shownPath())}, nil
}

// FindRegion returns the region as Find does, without searching for
// credentials. Therefore it does not call the instance metadata service. It
// does not use FallbackRegion: Name is "" when no source names a region.
func FindRegion(ctx context.Context, env Environment, request Request) (Region, error) {
	s := &search{env: env, request: request, limits: defaultLimits}
	if err := request.Check(); err != nil {
		return Region{}, err
	}
	found, err := s.region(ctx)
	switch {
	case err != nil || !found.Fallback:
		return found, err
	case request.DefaultRegion != "":
		return Region{Name: request.DefaultRegion, Source: request.name(SettingDefaultRegion)}, nil
	}
	return Region{}, nil
}

// requireRegion fails when a region is needed and no source names one. It does
// not fail for credentials of an EC2 instance, because the instance may name
// the region later.
func (s *search) requireRegion(ctx context.Context, from source) error {
	if _, later := from.(metadataSource); later || !s.request.NeedsRegion {
		return nil
	}
	region, err := s.region(ctx)
	if err == nil && region.Fallback && s.request.DefaultRegion == "" {
		return ErrNoRegion
	}
	return err
}

func newRegion(name, source string) (Region, error) {
	if err := invalidRegion(name, source); err != nil {
		return Region{}, err
	}
	return Region{Name: name, Source: source}, nil
}

// Warning returns a warning about a region that has the right form but is
// unknown; "" for any other region. The warning suggests a known region with a
// similar name, if there is one.
func (r Region) Warning() string {
	unknown := unknownRegion(r.Name)
	if unknown == "" {
		return ""
	}
	return r.subject() + " " + unknown
}

// Partition returns the partition of the region, by the form of its name. known is
// false if the name fits no partition.
func (r Region) Partition() (name string, known bool) { return arn.PartitionOf(r.Name) }

// subject returns the source of the region, as the subject of a sentence.
func (r Region) subject() string {
	if strings.HasPrefix(r.Source, "profile ") {
		return "the region of " + r.Source
	}
	return r.Source
}

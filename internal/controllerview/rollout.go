// Shows a restart of the controllers: the progress and the result.

package controllerview

import (
	"fmt"
	"sync"
	"time"

	"capaboot/controller"
	"capaboot/internal/escape"
	"capaboot/internal/terminal"
)

// RolloutView shows a restart: on a terminal as one line that is redrawn,
// otherwise as one line for each change.
type RolloutView struct {
	talk    terminal.Talk
	screen  *terminal.Screen // nil to print lines
	started time.Time
	stop    func()

	mu    sync.Mutex
	state string // the replicas, as text
}

// NewRolloutView returns a view that redraws screen, or prints lines if screen
// is nil. Call Close before printing anything else.
func NewRolloutView(talk terminal.Talk, screen *terminal.Screen) *RolloutView {
	v := &RolloutView{talk: talk, screen: screen, started: time.Now(), stop: func() {}}
	if screen != nil {
		v.stop = terminal.EverySecond(func() {
			v.mu.Lock()
			v.draw()
			v.mu.Unlock()
		})
	}
	return v
}

// Observe shows the progress of the restart.
func (v *RolloutView) Observe(p controller.RolloutProgress) {
	v.mu.Lock()
	defer v.mu.Unlock()
	before := v.state
	switch p.Stage {
	case controller.StageRestarted:
		v.say(v.talk.Say, "Deployment %s: restart started", p.Deployment)
	case controller.StageReplicas:
		v.state = p.Replicas.String()
		if v.screen == nil && v.state != before {
			v.talk.Say("%s", v.state)
		}
	case controller.StageTrouble:
		v.say(v.talk.Warn, "%s", p.Trouble)
	case controller.StageSuperseded:
		v.say(v.talk.Say, "the Deployment was changed again: waiting for the rollout of the new change")
	case controller.StageDisconnected:
		v.say(v.talk.Warn, "%v; trying again", p.Err)
	case controller.StageReconnected:
		v.say(v.talk.Say, "the API server responds again")
	}
	v.draw()
}

// say prints a line with the function print. On a terminal, it first erases the line that is
// redrawn.
func (v *RolloutView) say(print func(string, ...any), format string, args ...any) {
	if v.screen != nil {
		v.screen.Erase()
	}
	print(format, args...)
}

// draw redraws the line on the screen, if there is one.
func (v *RolloutView) draw() {
	if v.screen != nil && v.state != "" {
		v.screen.Draw([]string{fmt.Sprintf("  %s, %s", escape.Text(v.state), time.Since(v.started).Truncate(time.Second))})
	}
}

// Close stops redrawing, and leaves the last state on the screen.
func (v *RolloutView) Close() {
	v.stop()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.draw()
	if v.screen != nil {
		v.screen.Leave()
	}
	v.screen, v.state = nil, ""
}

// Rollout is the JSON form of a restart that was started or completed.
type Rollout struct {
	Namespace   string `json:"namespace"`
	Deployment  string `json:"deployment"`
	Result      string `json:"result"` // "started" or "complete"
	RestartedAt string `json:"restartedAt"`
	Replicas    int32  `json:"replicas"`
	Paused      bool   `json:"paused"`
}

// NewRollout returns the JSON form of a restart.
func NewRollout(r *controller.Rollout) Rollout {
	return Rollout{r.Namespace, r.Deployment, r.Result, r.RestartedAt, r.Desired, r.Paused}
}

// PrintRollout prints the result of a successful restart.
func PrintRollout(talk terminal.Talk, r *controller.Rollout) {
	switch {
	case r.Paused:
		talk.Warn("Deployment %s is paused: its pods are restarted when the Deployment is resumed", r.Deployment)
	case r.Desired == 0:
		talk.Warn("Deployment %s is scaled to 0: no controllers run", r.Deployment)
	case r.Result == "complete":
		talk.Say("Deployment %s: restart completed in %v", r.Deployment, r.Duration.Round(time.Second))
	}
}

// PrintTroubles prints why pods do not run, except for the first reason, which
// the error contains. unknown is the error that prevented finding the reasons, or
// nil.
func PrintTroubles(talk terminal.Talk, troubles []controller.Trouble, unknown error) {
	for i, trouble := range troubles {
		if i > 0 {
			talk.Warn("%s", trouble)
		}
	}
	if unknown != nil {
		talk.Warn("the reason why new pods do not run is unknown: %v", unknown)
	}
}

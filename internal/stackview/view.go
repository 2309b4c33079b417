// Package stackview is what a person sees of a CloudFormation stack while a
// command works on it: the plan, the questions, the progress, what remains, and
// the stack at the end. On a terminal there is one line for each resource,
// redrawn in place; otherwise a line for each event.
//
// It knows no flags and no commands: whoever makes a [View] hands in the answer
// that a flag gives, and how to ask a person.
package stackview

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"capaboot/cfnstack"
	"capaboot/internal/escape"
	"capaboot/internal/terminal"
	"capaboot/policies/report"
)

// Settings are what a view shows, and where.
type Settings struct {
	Talk terminal.Talk
	// Screen is the terminal that is redrawn; nil when lines are printed.
	Screen *terminal.Screen
	// PlanOf makes the plan that is shown before it is executed; nil for a
	// command that shows none.
	PlanOf func(*cfnstack.ChangeSet) (report.Plan, error)
	// Yes is a yes that was given before anybody asked.
	Yes bool
	// Ask puts a question to a person, and returns what is typed then. The error
	// is [terminal.ErrNoAnswer] when there is no one to ask.
	Ask func(ctx context.Context, question string) (string, error)
	// Place is the options of the AWS CLI that say where the stack is, for
	// commands that people are told to run: " --region eu-west-1".
	Place string
}

// View shows the work on a stack.
type View struct {
	Settings
	now  func() time.Time
	stop func()

	mu        sync.Mutex
	started   time.Time
	resources []*tracked
	byID      map[string]*tracked
	planned   int  // resources that the plan changes, 0 when not known
	drawing   bool // the stack is at work, and no one is asked anything
}

// tracked is one resource that something happened to.
type tracked struct {
	logicalID, status string
	began, ended      time.Time
	final             bool
}

// New returns a view. Its Close must be called before anything else is printed.
func New(s Settings) *View {
	v := &View{Settings: s, now: time.Now, byID: map[string]*tracked{}, stop: func() {}}
	v.started = v.now()
	if v.Screen != nil {
		v.tick()
	}
	return v
}

// tick redraws every second, so that times run on.
func (v *View) tick() {
	ticker, done := time.NewTicker(time.Second), make(chan struct{})
	go func() {
		for {
			select {
			case <-ticker.C:
				v.mu.Lock()
				v.draw()
				v.mu.Unlock()
			case <-done:
				return
			}
		}
	}()
	v.stop = sync.OnceFunc(func() { ticker.Stop(); close(done) })
}

// event takes note of one event.
func (v *View) event(e cfnstack.Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.Screen == nil {
		v.Talk.Say("%s", EventLine(e))
		return
	}
	if e.Stack {
		v.draw()
		return
	}
	res, ok := v.byID[e.LogicalID]
	if !ok || res.final && !strings.HasSuffix(e.Status, "_COMPLETE") && !strings.HasSuffix(e.Status, "_FAILED") {
		if !ok {
			res = &tracked{logicalID: e.LogicalID}
			v.byID[e.LogicalID] = res
			v.resources = append(v.resources, res)
		}
		res.began = v.now()
	}
	res.status = escape.Text(e.Status)
	res.final = strings.HasSuffix(e.Status, "_COMPLETE") || strings.HasSuffix(e.Status, "_FAILED")
	res.ended = v.now()
	if e.Failed() {
		v.erase()
		v.Talk.Say("%s", EventLine(e))
	}
	v.draw()
}

// EventLine is one event for people.
func EventLine(e cfnstack.Event) string {
	line := fmt.Sprintf("%s %s %s", e.Time.UTC().Format("15:04:05"), e.Status, e.LogicalID)
	if e.Reason != "" && (strings.HasSuffix(e.Status, "_FAILED") || e.Stack || strings.Contains(e.Status, "ROLLBACK")) {
		line += ": " + e.Reason
	}
	return line
}

// say prints a line above what is redrawn; so do warn and hint.
func (v *View) say(format string, args ...any)  { v.above(v.Talk.Say, format, args...) }
func (v *View) warn(format string, args ...any) { v.above(v.Talk.Warn, format, args...) }
func (v *View) hint(format string, args ...any) { v.above(v.Talk.Hint, format, args...) }

// above prints a line for good, and draws again.
func (v *View) above(print func(string, ...any), format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.erase()
	print(format, args...)
	v.draw()
}

// expect takes note of how many resources will change.
func (v *View) expect(resources int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.planned = resources
}

// resume starts drawing and the clock, pause ends it until then.
func (v *View) resume() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.drawing {
		v.started = v.now() // what was spent on a question is not waiting
	}
	v.drawing = true
}

// forget leaves what is drawn on the screen, and begins with new resources and
// a new clock: another operation starts.
func (v *View) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.resources, v.byID = nil, map[string]*tracked{}
	v.rest()
}

func (v *View) pause() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.rest()
}

// rest ends the drawing, and leaves what is drawn on the screen.
func (v *View) rest() {
	v.drawing = false
	if v.Screen != nil {
		v.Screen.Leave()
	}
}

// erase removes what was drawn.
func (v *View) erase() {
	if v.Screen != nil {
		v.Screen.Erase()
	}
}

// draw draws the resources again, as many as the screen has room for: those
// that something happened to last.
func (v *View) draw() {
	if v.Screen == nil || !v.drawing {
		return
	}
	done := 0
	for _, res := range v.resources {
		if res.final {
			done++
		}
	}
	shown := v.resources
	if room := max(v.Screen.Room()-1, 1); len(shown) > room {
		shown = shown[len(shown)-room:]
	}
	longest := 0
	for _, res := range shown {
		longest = max(longest, len(res.status))
	}
	var lines []string
	for _, res := range shown {
		until := v.now()
		if res.final {
			until = res.ended
		}
		lines = append(lines, fmt.Sprintf("  %-*s %6s  %s", longest, res.status, until.Sub(res.began).Truncate(time.Second), escape.Text(res.logicalID)))
	}
	count := fmt.Sprint(done)
	if v.planned >= len(v.resources) {
		count = fmt.Sprintf("%d of %d", done, v.planned)
	}
	v.Screen.Draw(append(lines, fmt.Sprintf("  %s resources done, %s", count, v.now().Sub(v.started).Truncate(time.Second))))
}

// Close leaves the last state on the screen.
func (v *View) Close() {
	v.stop()
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.resources) > 0 {
		v.draw()
	} else {
		v.erase()
	}
	v.rest()
	v.Screen = nil
}

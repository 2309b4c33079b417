// Package stackview shows a CloudFormation stack while a command works on it:
// the plan, the questions, the progress, the leftovers and the result. A
// terminal has one line per resource, redrawn in place; other output has one
// line per event.
//
// The package does not depend on commands or their flags. The creator of a
// [View] passes in the value of --yes and the function that asks the user.
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

// Settings say what a view shows, and where.
type Settings struct {
	// Talk prints messages.
	Talk terminal.Talk
	// Screen is the terminal to redraw; nil prints lines.
	Screen *terminal.Screen
	// PlanOf returns the plan to show before its execution; nil for a command
	// that shows none.
	PlanOf func(*cfnstack.ChangeSet) (report.Plan, error)
	// Yes confirms questions in advance, except about a plan that changed after
	// it was shown.
	Yes bool
	// Ask asks the user a question, and returns the typed line. The error is
	// [terminal.ErrNoAnswer] without a terminal.
	Ask func(ctx context.Context, question string) (string, error)
	// Account and Region are those of the stack, for questions.
	Account, Region string
	// LocationOptions has the AWS CLI options that locate the stack, for
	// commands in hints, such as " --region eu-west-1".
	LocationOptions string
}

// View shows the work on a stack.
type View struct {
	Settings
	now  func() time.Time
	stop func() // stops the redrawing that tick started

	// risks are those of the last plan that was shown.
	risks []string

	mu        sync.Mutex
	started   time.Time          // when the clock at the bottom started
	resources []*trackedResource // in the order of their first events
	byID      map[string]*trackedResource
	planned   int  // number of resources that the plan changes; 0 when unknown
	drawing   bool // the stack is changing, and no question is open
}

// trackedResource is a resource with at least one event.
type trackedResource struct {
	logicalID, status  string
	startedAt, endedAt time.Time
	final              bool
}

// New returns a view. Call its Close before printing anything else.
func New(s Settings) *View {
	v := &View{Settings: s, now: time.Now, byID: map[string]*trackedResource{}, stop: func() {}}
	v.started = v.now()
	if v.Screen != nil {
		v.tick()
	}
	return v
}

// tick redraws every second, to update the times.
func (v *View) tick() {
	v.stop = terminal.EverySecond(func() {
		v.mu.Lock()
		v.draw()
		v.mu.Unlock()
	})
}

// showEvent shows an event as a line. On a terminal, it shows the event in the
// redrawn line of its resource instead. There, the failure of a resource is also
// shown as a line, and an event of the stack itself is not shown.
func (v *View) showEvent(e cfnstack.Event) {
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
			res = &trackedResource{logicalID: e.LogicalID}
			v.byID[e.LogicalID] = res
			v.resources = append(v.resources, res)
		}
		res.startedAt = v.now()
	}
	res.status = escape.Text(e.Status)
	res.final = strings.HasSuffix(e.Status, "_COMPLETE") || strings.HasSuffix(e.Status, "_FAILED")
	res.endedAt = v.now()
	if e.Failed() {
		v.erase()
		v.Talk.Say("%s", EventLine(e))
	}
	v.draw()
}

// EventLine formats an event for people.
func EventLine(e cfnstack.Event) string {
	line := fmt.Sprintf("%s %s %s", e.Time.UTC().Format("15:04:05"), e.Status, e.LogicalID)
	if e.Reason != "" && (strings.HasSuffix(e.Status, "_FAILED") || e.Stack || strings.Contains(e.Status, "ROLLBACK")) {
		line += ": " + e.Reason
	}
	return line
}

// say, warn and hint print a line above the redrawn lines.
func (v *View) say(format string, args ...any)  { v.printAbove(v.Talk.Say, format, args...) }
func (v *View) warn(format string, args ...any) { v.printAbove(v.Talk.Warn, format, args...) }
func (v *View) hint(format string, args ...any) { v.printAbove(v.Talk.Hint, format, args...) }

// printAbove prints a line above the redrawn lines, and redraws them.
func (v *View) printAbove(print func(string, ...any), format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.erase()
	print(format, args...)
	v.draw()
}

// setPlanned records how many resources will change.
func (v *View) setPlanned(resources int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.planned = resources
}

// resume starts the drawing; pause stops it. The clock starts at zero again
// after a pause.
func (v *View) resume() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.drawing {
		v.started = v.now() // time spent in a question does not count
	}
	v.drawing = true
}

// startOver leaves the drawn lines on the screen, and starts with no resources
// and a new clock for the next operation.
func (v *View) startOver() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.resources, v.byID = nil, map[string]*trackedResource{}
	v.stopDrawing()
}

func (v *View) pause() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.stopDrawing()
}

// stopDrawing stops the drawing, and leaves the drawn lines on the screen.
func (v *View) stopDrawing() {
	v.drawing = false
	if v.Screen != nil {
		v.Screen.Leave()
	}
}

// erase removes the drawn lines.
func (v *View) erase() {
	if v.Screen != nil {
		v.Screen.Erase()
	}
}

// draw redraws the resources. If not all fit the screen, it shows those whose
// first events came last.
func (v *View) draw() {
	if v.Screen == nil || !v.drawing {
		return
	}
	doneCount := 0
	for _, res := range v.resources {
		if res.final {
			doneCount++
		}
	}
	shown := v.resources
	if maxRows := max(v.Screen.Room()-1, 1); len(shown) > maxRows {
		shown = shown[len(shown)-maxRows:]
	}
	longest := 0
	for _, res := range shown {
		longest = max(longest, len(res.status))
	}
	var lines []string
	for _, res := range shown {
		end := v.now()
		if res.final {
			end = res.endedAt
		}
		lines = append(lines, fmt.Sprintf("  %-*s %6s  %s", longest, res.status, end.Sub(res.startedAt).Truncate(time.Second), escape.Text(res.logicalID)))
	}
	count := fmt.Sprint(doneCount)
	if v.planned >= len(v.resources) {
		count = fmt.Sprintf("%d of %d", doneCount, v.planned)
	}
	v.Screen.Draw(append(lines, fmt.Sprintf("  %s resources done, %s", count, v.now().Sub(v.started).Truncate(time.Second))))
}

// Close stops the drawing, and leaves the last state on the screen.
func (v *View) Close() {
	v.stop()
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.resources) > 0 {
		v.draw()
	} else {
		v.erase()
	}
	v.stopDrawing()
	v.Screen = nil
}

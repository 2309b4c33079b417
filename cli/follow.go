// Following: what a person sees while CloudFormation works. On a terminal one
// line for each resource, redrawn in place; otherwise a line for each event.

package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"capaboot/cfnstack"
	"capaboot/internal/terminal"
)

// follower shows progress on stderr.
type follower struct {
	talk terminal.Talk
	// screen is the terminal that is redrawn; nil when lines are printed.
	screen *terminal.Screen
	now    func() time.Time
	stop   func()

	mu        sync.Mutex
	started   time.Time
	resources []*followed
	byID      map[string]*followed
	planned   int  // resources that the plan changes, 0 when not known
	drawing   bool // the stack is at work, and nobody is asked anything
}

// followed is one resource that something happened to.
type followed struct {
	logicalID, status string
	began, ended      time.Time
	final             bool
}

// follow returns a follower for stderr. Its close must be called before
// anything else is printed.
func (r *runner) follow() *follower {
	f := &follower{talk: r.talk, now: time.Now, byID: map[string]*followed{}, stop: func() {}}
	f.started = f.now()
	if terminal.Redraws(r.Stderr, r.Environment.Lookup) {
		f.screen = terminal.NewScreen(r.stderr, func() (int, int) { return terminal.Size(r.Stderr) })
		f.tick()
	}
	return f
}

// tick redraws every second, so that times run on.
func (f *follower) tick() {
	ticker, done := time.NewTicker(time.Second), make(chan struct{})
	go func() {
		for {
			select {
			case <-ticker.C:
				f.mu.Lock()
				f.draw()
				f.mu.Unlock()
			case <-done:
				return
			}
		}
	}()
	f.stop = sync.OnceFunc(func() { ticker.Stop(); close(done) })
}

// event takes note of one event.
func (f *follower) event(e cfnstack.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.screen == nil {
		f.talk.Say("%s", eventLine(e))
		return
	}
	if e.Stack {
		f.draw()
		return
	}
	res, ok := f.byID[e.LogicalID]
	if !ok || res.final && !strings.HasSuffix(e.Status, "_COMPLETE") && !strings.HasSuffix(e.Status, "_FAILED") {
		if !ok {
			res = &followed{logicalID: e.LogicalID}
			f.byID[e.LogicalID] = res
			f.resources = append(f.resources, res)
		}
		res.began = f.now()
	}
	res.status = printable(e.Status)
	res.final = strings.HasSuffix(e.Status, "_COMPLETE") || strings.HasSuffix(e.Status, "_FAILED")
	res.ended = f.now()
	if e.Failed() {
		f.erase()
		f.talk.Say("%s", eventLine(e))
	}
	f.draw()
}

// eventLine is one event for people.
func eventLine(e cfnstack.Event) string {
	line := fmt.Sprintf("%s %s %s", e.Time.UTC().Format("15:04:05"), e.Status, e.LogicalID)
	if e.Reason != "" && (strings.HasSuffix(e.Status, "_FAILED") || e.Stack || strings.Contains(e.Status, "ROLLBACK")) {
		line += ": " + e.Reason
	}
	return line
}

// say prints a line above what is redrawn; so do warn and hint.
func (f *follower) say(format string, args ...any)  { f.above(f.talk.Say, format, args...) }
func (f *follower) warn(format string, args ...any) { f.above(f.talk.Warn, format, args...) }
func (f *follower) hint(format string, args ...any) { f.above(f.talk.Hint, format, args...) }

// above prints a line for good, and draws again.
func (f *follower) above(print func(string, ...any), format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.erase()
	print(format, args...)
	f.draw()
}

// expect takes note of how many resources will change.
func (f *follower) expect(resources int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.planned = resources
}

// resume starts drawing and the clock, pause ends it until then.
func (f *follower) resume() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.drawing {
		f.started = f.now() // what was spent on a question is not waiting
	}
	f.drawing = true
}

// forget leaves what is drawn on the screen, and begins with new resources and
// a new clock: another operation starts.
func (f *follower) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.resources, f.byID = nil, map[string]*followed{}
	f.rest()
}

func (f *follower) pause() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rest()
}

// rest ends the drawing, and leaves what is drawn on the screen.
func (f *follower) rest() {
	f.drawing = false
	if f.screen != nil {
		f.screen.Leave()
	}
}

// erase removes what was drawn.
func (f *follower) erase() {
	if f.screen != nil {
		f.screen.Erase()
	}
}

// draw draws the resources anew, as many as the screen has room for: those
// that something happened to last.
func (f *follower) draw() {
	if f.screen == nil || !f.drawing {
		return
	}
	done := 0
	for _, res := range f.resources {
		if res.final {
			done++
		}
	}
	shown := f.resources
	if room := max(f.screen.Room()-1, 1); len(shown) > room {
		shown = shown[len(shown)-room:]
	}
	longest := 0
	for _, res := range shown {
		longest = max(longest, len(res.status))
	}
	var lines []string
	for _, res := range shown {
		until := f.now()
		if res.final {
			until = res.ended
		}
		lines = append(lines, fmt.Sprintf("  %-*s %6s  %s", longest, res.status, until.Sub(res.began).Truncate(time.Second), printable(res.logicalID)))
	}
	count := fmt.Sprint(done)
	if f.planned >= len(f.resources) {
		count = fmt.Sprintf("%d of %d", done, f.planned)
	}
	f.screen.Draw(append(lines, fmt.Sprintf("  %s resources done, %s", count, f.now().Sub(f.started).Truncate(time.Second))))
}

// close leaves the last state on the screen.
func (f *follower) close() {
	f.stop()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.resources) > 0 {
		f.draw()
	} else {
		f.erase()
	}
	f.rest()
	f.screen = nil
}

// The table, in Markdown, as the README has it.

package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// table returns the rows as text, medians, and how many are over their budget.
func table(rows []*row, peer bool) (text string, over int) {
	var b strings.Builder
	head := []string{"", "wall time", "CPU", "peak memory", "budget"}
	if peer {
		head = append(head, "clusterawsadm", "ratio")
	}
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(head)
	line(slices.Repeat([]string{"---"}, len(head)))
	var notes []string
	for _, r := range rows {
		if r.skipped != "" {
			notes = append(notes, "not measured: "+r.what+": "+r.skipped)
			continue
		}
		result := r.result(peer)
		cells := []string{r.what, milliseconds(result.ours.wall), milliseconds(result.ours.cpu), mebibytes(result.ours.memory), strings.Join(result.limits, ", ")}
		if r.size > 0 {
			cells = []string{r.what, "", "", "", strings.Join(result.limits, ", ")}
			cells[1] = fmt.Sprintf("%.1f MB", result.ours.size)
		}
		if peer {
			cells = append(cells, result.peer...)
		}
		line(cells)
		for _, what := range result.over {
			over++
			notes = append(notes, "over budget: "+r.what+": "+what)
		}
	}
	if !peer {
		notes = append(notes, "not compared with clusterawsadm, which the budgets of the first three rows are ratios to: make bench PEER=PATH")
	}
	if len(notes) > 0 {
		b.WriteString("\n" + strings.Join(notes, "\n") + "\n")
	}
	return b.String(), over
}

// result is what a row comes to.
type result struct {
	ours   sample
	peer   []string // the cells of the peer, if it is measured
	limits []string
	over   []string
}

func (r *row) result(withPeer bool) result {
	x := result{ours: medians(r.ours)}
	limit := func(is, most float64, text string, args ...any) {
		if most == 0 {
			return
		}
		text = fmt.Sprintf(text, args...)
		x.limits = append(x.limits, text)
		if is > most {
			x.over = append(x.over, fmt.Sprintf("the limit is %s, by a factor of %.2f", text, is/most))
		}
	}
	limit(x.ours.wall.Seconds(), r.budget.wall.Seconds(), "%s", milliseconds(r.budget.wall))
	limit(x.ours.cpu.Seconds(), r.budget.cpu.Seconds(), "%s of CPU", milliseconds(r.budget.cpu))
	limit(x.ours.memory, r.budget.memory, "%.0f MiB", r.budget.memory)
	limit(x.ours.size, r.budget.size, "%.0f MB", r.budget.size)
	if !withPeer {
		limit(0, r.budget.ratio, "%.2f of clusterawsadm", r.budget.ratio)
		return x
	}
	ratio := ratio(r)
	limit(ratio, r.budget.ratio, "%.2f of clusterawsadm", r.budget.ratio)
	others := medians(r.others)
	switch {
	case !r.peer:
		x.peer = []string{"", ""}
	case r.size > 0:
		x.peer = []string{fmt.Sprintf("%.1f MB", others.size), fmt.Sprintf("%.3f", ratio)}
	default:
		x.peer = []string{fmt.Sprintf("%s, %s of CPU, %s", milliseconds(others.wall), milliseconds(others.cpu), mebibytes(others.memory)), fmt.Sprintf("%.3f", ratio)}
	}
	return x
}

// ratio is the median of our wall time to the peer's, run by run, or that of the
// sizes; 0 when there is none.
func ratio(r *row) float64 {
	ratios := make([]float64, min(len(r.ours), len(r.others)))
	for i := range ratios {
		ratios[i] = r.ours[i].wall.Seconds() / r.others[i].wall.Seconds()
		if r.size > 0 {
			ratios[i] = r.ours[i].size / r.others[i].size
		}
	}
	return median(ratios)
}

// medians are those of each figure by itself.
func medians(samples []sample) sample {
	of := func(figure func(sample) float64) float64 {
		figures := make([]float64, len(samples))
		for i, s := range samples {
			figures[i] = figure(s)
		}
		return median(figures)
	}
	return sample{
		wall:   time.Duration(of(func(s sample) float64 { return float64(s.wall) })),
		cpu:    time.Duration(of(func(s sample) float64 { return float64(s.cpu) })),
		memory: of(func(s sample) float64 { return s.memory }),
		size:   of(func(s sample) float64 { return s.size }),
	}
}

func median(figures []float64) float64 {
	if len(figures) == 0 {
		return 0
	}
	figures = slices.Sorted(slices.Values(figures))
	middle := len(figures) / 2
	if len(figures)%2 == 1 {
		return figures[middle]
	}
	return (figures[middle-1] + figures[middle]) / 2
}

func milliseconds(d time.Duration) string {
	if d >= time.Second {
		return fmt.Sprintf("%.3g s", d.Seconds())
	}
	return fmt.Sprintf("%.3g ms", float64(d)/1e6)
}

func mebibytes(size float64) string {
	if size == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%.0f MiB", size)
}

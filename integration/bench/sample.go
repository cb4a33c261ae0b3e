package main

import (
	"slices"
	"time"
)

// sample is what one measurement gave; a median has the same columns.
type sample struct {
	cpu        float64 // of the proxy's processes per call, in microseconds
	memory     float64 // PSS of the proxy's processes at the end, in MB of 2^20 bytes
	p50, p99   float64 // delay from INVITE to its final answer, in milliseconds
	failed     float64 // calls that did not go as they should
	resentUp   float64 // by callers, what they had sent before
	resentDown float64 // by bridges
	calls      float64 // that went as they should
}

// columns are the figures of a sample, in the order of the table.
var columns = []struct {
	name   string // for people
	key    string // for machines
	digits int
	of     func(*sample) *float64
}{
	{"CPU µs/call", "cpu_us", 1, func(s *sample) *float64 { return &s.cpu }},
	{"PSS MB", "pss_mb", 1, func(s *sample) *float64 { return &s.memory }},
	{"set-up p50 ms", "p50_ms", 2, func(s *sample) *float64 { return &s.p50 }},
	{"p99 ms", "p99_ms", 2, func(s *sample) *float64 { return &s.p99 }},
	{"failed", "failed", 0, func(s *sample) *float64 { return &s.failed }},
	{"resent by callers", "resent_callers", 0, func(s *sample) *float64 { return &s.resentUp }},
	{"by bridges", "resent_bridges", 0, func(s *sample) *float64 { return &s.resentDown }},
	{"calls", "calls", 0, func(s *sample) *float64 { return &s.calls }},
}

// medians is the median of each column by itself.
func medians(samples []sample) sample {
	var m sample
	for _, c := range columns {
		var values []float64
		for i := range samples {
			values = append(values, *c.of(&samples[i]))
		}
		*c.of(&m) = median(values)
	}
	return m
}

// median is the middle of the values, or the mean of the two in the middle; 0 of
// none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// quantile is the smallest delay that a share q of all does not exceed, in
// milliseconds; 0 of none.
func quantile(delays []time.Duration, q float64) float64 {
	if len(delays) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(delays))
	i := min(len(s)-1, max(0, int(q*float64(len(s))+0.9999999)-1))
	return float64(s[i]) / float64(time.Millisecond)
}

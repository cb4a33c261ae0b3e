package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMedian(t *testing.T) {
	require.Zero(t, median(nil))
	require.Equal(t, 3.0, median([]float64{9, 1, 3}))
	require.Equal(t, 2.5, median([]float64{4, 1, 3, 2}))
	require.Equal(t, sample{cpu: 2, memory: 20, calls: 200}, medians([]sample{
		{cpu: 1, memory: 30, calls: 200}, {cpu: 3, memory: 10, calls: 100}, {cpu: 2, memory: 20, calls: 300},
	}), "each column has its own")
}

func TestQuantile(t *testing.T) {
	var delays []time.Duration
	for i := range 200 {
		delays = append(delays, time.Duration(200-i)*time.Millisecond)
	}
	require.Equal(t, 100.0, quantile(delays, 0.50))
	require.Equal(t, 198.0, quantile(delays, 0.99))
	require.Equal(t, 200.0, quantile(delays, 1))
	require.Equal(t, 1.0, quantile(delays, 0))
	require.Zero(t, quantile(nil, 0.5))
}

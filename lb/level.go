package lb

// maxUnits bounds every figure in load units; a bridge that reports more is
// taken to report nonsense. The largest CMS has 875000.
const maxUnits = 1_000_000_000

// thresholds are the two load limits of one bridge (R1), in load units.
type thresholds struct {
	limited       bool  // A loadLimit is set; otherwise the level is always 0.
	new, existing int64 // The new-conference and the existing-conference limit.
}

// thresholdsOf works out R1: loadLimit times basis points over 10000, rounded
// down. Basis points that neither the operator nor the bridge sets come from
// the policy.
func thresholdsOf(l Limits, p *Policy) thresholds {
	if l.LoadLimit <= 0 {
		return thresholds{}
	}
	share := func(basisPoints, fallback int) int64 {
		if basisPoints < 0 || basisPoints > 10000 {
			basisPoints = fallback
		}
		return int64(l.LoadLimit) * int64(basisPoints) / 10000
	}
	return thresholds{
		limited:  true,
		new:      share(l.NewBasisPoints, p.NewBasisPoints),
		existing: share(l.ExistingBasisPoints, p.ExistingBasisPoints),
	}
}

// level is R2: a load that equals a limit has reached it.
func (t thresholds) level(effective int64) Level {
	switch {
	case !t.limited:
		return 0
	case effective >= t.existing:
		return 2
	case effective >= t.new:
		return 1
	default:
		return 0
	}
}

// nearlyFull says whether the load is at or above 90 % of the
// existing-conference limit, which makes a 488 credible (R12).
func (t thresholds) nearlyFull(effective int64) bool {
	return t.limited && effective*10 >= t.existing*9
}

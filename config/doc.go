// Package config reads the one file that describes an edge: YAML (JSON is YAML),
// strict, with every problem reported at once.
//
// An operator reads a problem with its place and what to do about it:
//
//	bridgehead.yaml:14:17: delivery: replaces is not available in this version; write forward
//	  14 |     delivery: replaces
//	     |               ^
//
// How a file becomes a [Config], one step a file:
//
//	load.go         Load and Parse: the steps in order
//	environment.go  ${NAME} from the environment
//	decode.go       the YAML tree onto the structs; unknown keys, wrong kinds
//	scalar.go       single values: times, numbers, text
//	available.go    contract keys and values that this version does not have
//	complete.go     one spelling of names, times that follow from others
//	files.go        secrets and certificates from files beside this one
//	validate.go     rules of one field, from its validate tag
//	rules.go        rules between fields of one section
//	refer.go        rules between sections: who names whom
//
// What was found on the way is kept in document.go, becomes a problem in
// problem.go, and is shown by excerpt.go; mask.go keeps secrets out of it, and
// suggestion.go guesses what was meant.
//
// What the file may say is in config.go, listener.go, callcontrol.go, route.go,
// group.go (bridges) and policy.go, with secret.go, sipuri.go and host.go for
// what its values are; default.go has every default. Each field carries its
// documentation in its tags; reference.go turns them into the table that README
// prints.
//
// Rules of the package: it imports no other package of ours; a Config is plain
// data, complete, and never changed after Load; a [Secret] never prints; no
// message and no excerpt contains one.
package config

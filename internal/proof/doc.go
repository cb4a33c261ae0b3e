// Package proof serves the tests of more than one package: it tells which tests
// there are, for tables that say what shows that a duty is done, and gives a test
// a network of its own. Nothing that is shipped imports it.
package proof

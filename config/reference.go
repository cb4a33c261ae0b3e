package config

// FieldDoc documents one field of the file.
type FieldDoc struct {
	Key     string // path, as policy.pollInterval or groups[].callBridges[].sip
	Meaning string // what it does and its unit
	Default string // "" when the field must be given
	Range   string // values that are accepted; "" for free text
	Reload  string // what a change needs: "restart"
}

// Reference returns the documentation of every field, in the order of the file.
func Reference() []FieldDoc { return nil }

// ReferenceMarkdown returns Reference as a Markdown table.
func ReferenceMarkdown() string { return "" }

package config
import ("testing";"fmt")
func TestZ(t *testing.T){ _,err:=Load("/tmp/cfgtry/t/a.yaml"); fmt.Println(err); fmt.Println(ReferenceMarkdown()) }

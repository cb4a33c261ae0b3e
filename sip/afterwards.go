package sip

import (
	"bridgehead/sip/transaction"
	"bridgehead/sip/wire"
)

// afterwards is the party of every transaction that has its final response:
// what is left to do is to pass repeated and late 2xx up (16.7 step 5, RFC
// 6026). That needs no state, so one of them serves all, and the response
// context goes back to its pool 32 s earlier than the transaction ends.
type afterwards struct{ proxy *Proxy }

// Released takes a transaction whose request is not needed any more.
func (p *Proxy) Released(tx *transaction.Tx) {
	if x, ok := tx.Data().(party); ok {
		tx.SetData(p.afterwards)
		x.ended(tx)
	}
}

func (a *afterwards) response(tx *transaction.Tx, _ *transaction.Branch, m *wire.Message) {
	if m.Status/100 == 2 {
		a.proxy.passUp(tx, m)
	}
}

func (a *afterwards) build(_ *transaction.Tx, _ *transaction.Branch, dst []byte) []byte { return dst }

func (a *afterwards) failed(*transaction.Tx, *transaction.Branch, transaction.Cause) {}

func (a *afterwards) cancelled(*transaction.Tx, *wire.Message) {}

func (a *afterwards) timer(*transaction.Tx) {}

func (a *afterwards) ended(*transaction.Tx) {}

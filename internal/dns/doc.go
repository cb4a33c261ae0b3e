// Package dns asks the DNS for what SIP needs: NAPTR, SRV and address records with
// the time that each may be kept (RFC 3263). The name servers are those of
// /etc/resolv.conf, which is read again when it changes; the hosts file and all
// else that the system knows counts for addresses as it does for other programs.
//
//	client.go     what package sip asks for
//	addresses.go  hosts file, DNS, then whatever the system has; in which order
//	exchange.go   one question to the name servers in turn
//	servers.go    which these are
package dns

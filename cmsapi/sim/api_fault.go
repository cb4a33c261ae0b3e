package sim

import (
	"bytes"
	"net/http"
	"strconv"
	"time"
)

// hugeDocument is how much APIHuge sends.
const hugeDocument = 100 << 20

// fault plays the modes that need no right answer. It tells if the request is
// done with, and the status that went out, 0 for none.
func fault(w http.ResponseWriter, r *http.Request, m APIMode) (done bool, status int) {
	switch m.Kind {
	case APIUnauthorized:
		return true, unauthorized(w)
	case APIError:
		w.WriteHeader(http.StatusInternalServerError)
		return true, http.StatusInternalServerError
	case APIUnavailable:
		w.Header().Set("Retry-After", strconv.Itoa(m.RetryAfter))
		w.WriteHeader(http.StatusServiceUnavailable)
		return true, http.StatusServiceUnavailable
	case APIHTML:
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!DOCTYPE html><html><head><title>Sign in<br></head><body><form method=post>&nbsp;Username: <input name=user></form></body></html>"))
		return true, http.StatusOK
	case APIHuge:
		huge(w)
		return true, http.StatusOK
	case APIHang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case APIClose:
		panic(http.ErrAbortHandler)
	case APISlow:
		timer := time.NewTimer(m.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	return false, 0
}

// huge sends a well-formed document that never seems to end.
func huge(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/xml")
	element := []byte("<call id=\"00000000-0000-0000-0000-000000000000\"><name>filler</name></call>\n")
	chunk := bytes.Repeat(element, (1<<16)/len(element))
	_, _ = w.Write([]byte("<?xml version=\"1.0\"?><calls total=\"1\">\n"))
	for sent := 0; sent < hugeDocument; sent += len(chunk) {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
	_, _ = w.Write([]byte("</calls>"))
}

// spoil writes an answer, whole or as the mode damages it.
func spoil(w http.ResponseWriter, m APIMode, status int, body []byte) {
	switch m.Kind {
	case APIHalf:
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case APICorrupt:
		body = bytes.ReplaceAll(body, []byte("</"), []byte("<\x02"))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

package attestation

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strings"
	"sync"
	"time"
)

// maxStatus bounds the list of revoked certificates; Google's has 200 KB.
const maxStatus = 16 << 20

// statusList is Google's list of certificates that are not good any more (https://android.googleapis.com/attestation/status), kept as a file by the
// operator. A file that has changed is read again.
type statusList struct {
	path string

	mu      sync.Mutex
	changed time.Time
	size    int64
	bad     map[string]string // hexadecimal serial number to status
}

// check returns an error when a certificate of the chain is on the list, and ErrUnavailable when there is no list.
func (l *statusList) check(chain []*x509.Certificate) error {
	bad, err := l.load()
	if err != nil {
		return ErrUnavailable.Because(err)
	}
	for _, c := range chain {
		if status, on := bad[c.SerialNumber.Text(16)]; on {
			return fmt.Errorf("certificate %x is %.40q", c.SerialNumber, status)
		}
	}
	return nil
}

func (l *statusList) load() (map[string]string, error) {
	if l.path == "" {
		return nil, errors.New("no list of revoked certificates is configured")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	info, err := os.Stat(l.path)
	if err != nil {
		return nil, err
	}
	if l.bad != nil && info.ModTime().Equal(l.changed) && info.Size() == l.size {
		return l.bad, nil
	}
	if info.Size() > maxStatus {
		return nil, fmt.Errorf("%s has %d bytes", l.path, info.Size())
	}
	file, err := os.ReadFile(l.path)
	if err != nil {
		return nil, err
	}
	bad, err := ParseStatus(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.path, err)
	}
	l.bad, l.changed, l.size = bad, info.ModTime(), info.Size()
	return bad, nil
}

// ParseStatus reads Google's list. Whoever is on it is not believed, whatever the reason.
func ParseStatus(file []byte) (map[string]string, error) {
	var list struct {
		Entries map[string]struct {
			Status string `json:"status"`
		} `json:"entries"`
	}
	if err := json.Unmarshal(file, &list); err != nil {
		return nil, err
	}
	if list.Entries == nil {
		return nil, errors.New("there are no entries in it")
	}
	bad := make(map[string]string, len(list.Entries))
	for serial, e := range list.Entries {
		n, ok := new(big.Int).SetString(strings.ToLower(serial), 16)
		if !ok || n.Sign() < 0 {
			return nil, fmt.Errorf("%.80q is not a serial number", serial)
		}
		bad[n.Text(16)] = e.Status
	}
	return bad, nil
}

package transfer

import (
	"context"

	"avow/internal/otp"
)

// writeLinks writes a list of otpauth links, one a line, in plain sight.
func writeLinks(_ context.Context, x *Export, items []Item, _ ExportOptions) (func(context.Context) (Found, error), error) {
	for _, item := range items {
		uri, err := item.Code.Encode()
		if err != nil {
			return nil, err
		}
		x.texts = append(x.texts, uri)
	}
	x.file = joinLines(x.texts)
	return x.readBack(Options{}), nil
}

// joinLines makes a file of the texts. It allocates once: there is no copy left to be wiped.
func joinLines(texts []otp.Secret) []byte {
	size := 0
	for _, text := range texts {
		size += len(text) + 1
	}
	out := make([]byte, 0, size)
	for _, text := range texts {
		out = append(append(out, text...), '\n')
	}
	return out
}

package api

import "context"

type clientIPKey struct{}

// WithClientIP remembers the address of who asks. The server's middleware does it once, by its rules for proxies.
func WithClientIP(ctx context.Context, ip string) context.Context {
	return context.WithValue(ctx, clientIPKey{}, ip)
}

// ClientIP is the address of who asks, "" where nobody asked (background work).
func ClientIP(ctx context.Context) string {
	ip, _ := ctx.Value(clientIPKey{}).(string)
	return ip
}

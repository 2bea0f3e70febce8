package page

import (
	"net/http"
	"strings"
)

// Agent names the browser and the system that asks, in few words, as they say of themselves: "Firefox, Windows". It is for people to recognise their own.
func Agent(r *http.Request) string {
	ua := r.UserAgent()
	first := func(of ...string) string {
		for i := 0; i+1 < len(of); i += 2 {
			if strings.Contains(ua, of[i]) {
				return of[i+1]
			}
		}
		return ""
	}
	// The order matters: most name others too.
	browser := first("Edg", "Edge", "OPR/", "Opera", "SamsungBrowser", "Samsung Internet", "Firefox", "Firefox", "FxiOS", "Firefox", "CriOS", "Chrome", "Chrome", "Chrome", "Safari", "Safari")
	system := first("Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Macintosh", "Mac", "CrOS", "ChromeOS", "Linux", "Linux")
	switch {
	case browser == "" && system == "":
		return "?"
	case browser == "":
		return system
	case system == "":
		return browser
	}
	return browser + ", " + system
}

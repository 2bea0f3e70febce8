package testenv_test

import (
	"context"
	"testing"
	"time"

	"avow/assets/brand/examples"
	"avow/internal/testenv"
	"avow/internal/ui/model"
	"avow/internal/wire"
)

// TestBrandOfTheServer is D9 at run time: what a server signs about its look arrives with the account and is shown with it, and what is wrong with it
// is left out.
func TestBrandOfTheServer(t *testing.T) {
	beside(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	want := examples.Brand("harbour").Wire()
	given := want
	given.Links = append([]wire.BrandLink{{Text: "Free phones", URL: "http://example.com"}, {Text: "\u202eevil", URL: "https://user@example.com/"}}, want.Links...)
	env := must(testenv.Start(ctx, testenv.Options{Dir: t.TempDir(), Brand: given}))(t)
	t.Cleanup(func() {
		if err := env.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, a, _ := readyPhone(t, ctx, env, "pixel", "anna.lind")
	app := screensOf(t, ctx, p)
	got, _ := p.State().Account(a.ID)
	if got.Brand.Light == nil || *got.Brand.Light != *want.Light || got.Brand.Phone != want.Phone || len(got.Brand.Links) != 2 || got.Brand.Links[0] != want.Links[0] {
		t.Errorf("the account's brand is %+v", got.Brand)
	}
	if light, dark := app.Colors(); light == nil || *light != *want.Light || *dark != *want.Dark {
		t.Errorf("the app shows %v, %v", light, dark)
	}
	v := app.SupportView()
	if v.Text != "046-555 01 00" || len(v.Contacts) != 4 || v.Contacts[0] != (model.Contact{Icon: "headset", Name: "Call", Text: "+46 40 555 02 00", Opens: "tel:+46405550200"}) {
		t.Errorf("the service desk is %+v", v)
	}
}

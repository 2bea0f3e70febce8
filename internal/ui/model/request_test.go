package model_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
)

// every word about a request comes from the signed request.
func TestRequestShowsWhatIsSigned(t *testing.T) {
	g := newStage(t, number("r_1"))
	g.on(model.PageRequest)
	v := g.look()
	facts := map[string]string{}
	for _, f := range v.Facts {
		facts[f.Label] = f.Value
	}
	want := map[string]string{"Account": "anna.lind", "Place": "Lund, Sweden", "Address": "203.0.113.7", "Time": "10:31, just now"}
	for label, value := range want {
		if facts[label] != value {
			t.Errorf("%s is %q, want %q", label, facts[label], value)
		}
	}
	if v.Client != "LAPTOP-42" || v.Sub != "Your computer" || v.Left != "1:34" || v.MatchText != "Type the number you see on LAPTOP-42" {
		t.Errorf("the request is shown as %+v", v)
	}
}

// A4: where no verification is wanted nothing announces one, and Yes answers at once.
func TestUnaskedRequestIsJustYes(t *testing.T) {
	s := number("r_1")
	g := newStage(t, s)
	g.says(g.look().Hint, "Yes asks for your PIN")
	s.Requests[0].Unasked = true
	g = newStage(t, s)
	g.says(g.look().Hint, "")
	g.Yes("482913")
	g.on(model.PageResult)
}

func TestRequestNamesTheOrganizationAmongSeveral(t *testing.T) {
	s := number("r_1")
	s.Accounts = append(s.Accounts, modeltest.SecondAccount())
	g := newStage(t, s)
	g.says(g.look().Facts[0].Value, "anna.lind at Lund Energy")
}

// each approval asks afresh.
func TestEachApprovalAsksForThePIN(t *testing.T) {
	g := newStage(t, number("r_1", "r_2"))
	g.approveWith(g.keys())
	for _, id := range []authn.RequestID{"r_1", "r_2"} {
		if v := g.look(); v.ID != id {
			t.Fatalf("request %q is asked, want %q", v.ID, id)
		}
		g.Yes("482913")
		g.on(model.PageAskPIN)
		g.says(g.PIN().Name, "Sign in to LAPTOP-42")
		g.digits(modeltest.PIN)
		g.on(model.PageResult)
		if v := g.ResultView(); !v.Approved || v.Title != "You said yes" || v.Receipt == "" {
			t.Errorf("the result is %+v", v)
		}
		g.Done()
	}
	g.on(model.PageHome)
}

func TestWrongPINWaits(t *testing.T) {
	g := newStage(t, number("r_1"))
	g.approveWith(g.keys())
	g.look()
	g.Yes("482913")
	for range 12 {
		if g.PIN().Waits {
			break
		}
		g.digits("999998")
		g.on(model.PageAskPIN)
	}
	v := g.PIN()
	if !v.Waits || v.Words == "" {
		t.Fatalf("after many wrong PINs the page says %+v", v)
	}
	g.digits("4")
	if g.PIN().Filled != 0 {
		t.Error("a digit was taken while the PIN has to wait")
	}
	g.now = g.now.Add(time.Hour)
	if g.PIN().Waits {
		t.Error("the time is over and the page still waits")
	}
	g.now = modeltest.Now.Add(time.Hour)
	g.core.Alter(func(s *phone.State) { s.Requests[0].Deadline = g.now.Add(time.Minute) })
	g.digits(modeltest.PIN)
	g.on(model.PageResult)
}

func TestCancelThePINSendsNothingAndKeepsTheNumber(t *testing.T) {
	g := newStage(t, number("r_1"))
	g.approveWith(g.keys())
	g.look()
	g.Yes("482913")
	g.Back()
	g.on(model.PageRequest)
	if v := g.look(); v.Number != "482913" || v.Wrong != "" {
		t.Errorf("after the PIN was canceled the request is %+v", v)
	}
	if len(g.core.State().Requests) != 1 {
		t.Error("the request was answered")
	}
}

func TestWrongNumberSaysHowManyTriesAreLeft(t *testing.T) {
	g := newStage(t, number("r_1"))
	for left, want := range map[int]string{
		0: "Not this number. Look at LAPTOP-42 again.", 1: "Not this number. Look at LAPTOP-42 again. 1 try left.", 2: "Not this number. Look at LAPTOP-42 again. 2 tries left.",
	} {
		g.core.OnApprove = func(context.Context, authn.RequestID, phone.Match) (phone.Receipt, error) {
			e := *authn.ErrWrongNumber
			e.Left = left
			return phone.Receipt{}, fmt.Errorf("send decision: %w", &e)
		}
		g.look()
		g.Yes("111222")
		g.on(model.PageRequest)
		g.says(g.look().Wrong, want)
	}
}

func TestNoNeedsNoPIN(t *testing.T) {
	for name, act := range map[string]func(*stage){
		"Deny": func(g *stage) { g.No() }, "NotMe": func(g *stage) { g.ReallyNotMe() },
	} {
		g := newStage(t, number("r_1"))
		g.look()
		act(g)
		act(g) // a double tap
		g.on(model.PageResult)
		g.calls(name, 1)
		if g.ResultView().Approved {
			t.Errorf("%s is shown as a yes", name)
		}
	}
}

// To refuse must be possible while a server is asked that does not answer.
func TestNoWhileTheServersAreAsked(t *testing.T) {
	g := newStage(t, number("r_1"))
	g.look()
	g.hold = true
	g.CheckNow()
	g.hold = false
	g.No()
	g.calls("Deny", 1)
	g.on(model.PageResult)
}

// An answer is for what the person looks at, whatever arrives between her look and her tap.
func TestAnswerIsForTheRequestOnTheScreen(t *testing.T) {
	g := newStage(t, number("r_1"))
	g.look()
	sooner := modeltest.Request("r_2", authn.MatchTap)
	sooner.Deadline = modeltest.Now.Add(10 * time.Second)
	g.core.Tell(phone.Event{Kind: phone.RequestArrived, Request: "r_2"}, func(s *phone.State) { s.Requests = append([]phone.Request{sooner}, s.Requests...) })
	if v := g.look(); v.ID != "r_1" {
		t.Fatalf("%q slipped under the finger", v.ID)
	}
	g.core.Alter(func(s *phone.State) { s.Requests = s.Requests[:1] }) // r_1 ends; the screen has not followed yet
	g.Yes("482913")
	g.No()
	g.calls("Approve", 0)
	g.calls("Deny", 0)
}

func TestRequestEnds(t *testing.T) {
	for state, want := range map[authn.RequestState]string{
		authn.RequestExpired:   "The time for this request is over. Sign in again on LAPTOP-42.",
		authn.RequestCancelled: "The screen that asked took the request back.",
		authn.RequestDenied:    "LAPTOP-42 got a No. Nobody was signed in.",
	} {
		g := newStage(t, number("r_1"))
		g.look()
		g.core.CloseRequest("r_1", state)
		g.on(model.PageError)
		g.says(g.Failure().Sentence, want)
		g.Back()
		g.on(model.PageHome)
	}
}

func TestRequestEndsUnderTheQuestionForThePIN(t *testing.T) {
	g := newStage(t, number("r_1"))
	g.approveWith(g.keys())
	g.look()
	g.Yes("482913")
	g.on(model.PageAskPIN)
	g.core.CloseRequest("r_1", authn.RequestExpired)
	g.on(model.PageError)
	g.Done()
	g.on(model.PageHome)
}

func TestApproveFails(t *testing.T) {
	g := newStage(t, number("r_1"))
	g.core.OnApprove = func(context.Context, authn.RequestID, phone.Match) (phone.Receipt, error) {
		return phone.Receipt{}, client.ErrUnreachable
	}
	g.look()
	g.Yes("482913")
	g.on(model.PageError)
	f := g.Failure()
	g.says(f.Title, "Your Yes was not sent")
	g.says(f.Support, "046-555 01 00")
	g.Done()
	g.on(model.PageRequest) // it is still open
}

func TestLaterIsNoAnswer(t *testing.T) {
	g := newStage(t, number("r_1"))
	g.look()
	g.Back()
	g.on(model.PageHome)
	g.calls("Deny", 0)
	if v := g.Home(); len(v.Requests) != 1 || v.RequestsHead != "1 open request" {
		t.Fatalf("Home shows %+v", v.Requests)
	}
	g.Answer("r_1")
	g.on(model.PageRequest)
}

func TestScanInsteadOfTheNumber(t *testing.T) {
	var got phone.Match
	g := newStage(t, number("r_1"))
	g.core.OnApprove = func(_ context.Context, id authn.RequestID, m phone.Match) (phone.Receipt, error) {
		got = m
		g.core.CloseRequest(id, authn.RequestApproved)
		return modeltest.Receipt(authn.Approve), nil
	}
	g.look()
	g.ScanInstead("r_1")
	g.on(model.PageScan)
	g.Text(modeltest.RegistrationLink())
	g.says(g.Scan().Hint, "This code connects an account. Scan the one on the screen that asks.")
	g.Text(modeltest.ApprovalLink())
	g.on(model.PageResult)
	if string(got.Handle) != string(modeltest.Handle()) || got.Number != "" {
		t.Error("the code was not handed over")
	}
}

// Threat T3: who comes with a code first sees what it is about before Yes.
func TestACodeFromOutsideShowsItsRequestFirst(t *testing.T) {
	s := modeltest.Open(modeltest.Request("r_1", authn.MatchQR))
	g := newStage(t, s)
	g.look()
	g.Later()
	g.on(model.PageHome)
	g.Text(modeltest.ApprovalLink())
	g.on(model.PageRequest)
	g.calls("Approve", 0)
	if v := g.look(); v.Match != authn.MatchTap || v.ID != "r_1" {
		t.Errorf("the request is shown as %+v", v)
	}
	g.Yes("")
	g.calls("Approve", 1)
	g.on(model.PageResult)
}

func TestQRRequestOpensTheScanner(t *testing.T) {
	g := newStage(t, modeltest.Open(modeltest.Request("r_1", authn.MatchQR)))
	g.look()
	g.Yes("")
	g.on(model.PageScan)
	g.core.CloseRequest("r_1", authn.RequestExpired)
	g.on(model.PageError)
	g.Done()
	g.on(model.PageHome)
}

func TestACodeWithoutARequest(t *testing.T) {
	g := newStage(t, modeltest.Open())
	g.Text(modeltest.ApprovalLink())
	g.on(model.PageScan)
	g.says(g.Scan().Hint, "No open request belongs to this code. Sign in again on that screen.")
}

func TestAnswerThatArrivesAfterThePINWasGivenUp(t *testing.T) {
	g := newStage(t, number("r_1"))
	g.approveWith(g.keys())
	g.look()
	g.Yes("482913")
	g.hold = true
	g.digits(modeltest.PIN)
	g.Back() // the answer is on its way
	g.on(model.PageRequest)
	g.hold = false
	g.release()
	g.on(model.PageResult)
}

func TestCanceledSensorIsNoError(t *testing.T) {
	g := newStage(t, number("r_1"))
	g.core.OnApprove = func(context.Context, authn.RequestID, phone.Match) (phone.Receipt, error) {
		return phone.Receipt{}, platform.ErrCanceled
	}
	g.look()
	g.Yes("482913")
	g.on(model.PageRequest)
}

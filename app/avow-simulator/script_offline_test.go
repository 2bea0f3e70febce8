package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"avow/internal/authn"
	"avow/internal/computer/agent"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// desks are the sign-ins that scripts have begun at computers with avow-login's daemon.
type desks struct {
	laptops map[string]*testenv.Laptop
	signIns map[string]agent.SignIn
}

type desksKey struct{}

func desksOf(ts *testscript.TestScript) *desks { return ts.Value(desksKey{}).(*desks) }

// laptop NAME enrolls a computer of that id; it asks for a plain Yes. It makes contact when a script says so, and so at no other time.
func laptop(ts *testscript.TestScript, _ bool, args []string) {
	l, err := worldOf(ts).Enroll(context.Background(), testenv.LaptopOptions{
		ID: authn.ClientID(args[0]), Name: strings.ToUpper(args[0]), Match: authn.MatchTap, Cost: testenv.FastList, Idle: true,
	})
	ts.Check(err)
	ts.Defer(l.Close)
	ts.Check(l.Contact(context.Background()))
	desksOf(ts).laptops[args[0]] = l
}

// plug NAME in, plug NAME out: the cable of its network.
func plug(ts *testscript.TestScript, _ bool, args []string) {
	desksOf(ts).laptops[args[0]].Network.SetDown(args[1] == "out")
}

// sit NAME begins a sign-in of anna.lind; without a network CHALLENGE is set to what the QR says.
func sit(ts *testscript.TestScript, _ bool, args []string) {
	d := desksOf(ts)
	in := d.laptops[args[0]].Begin(agent.Ask{Login: "anna.lind"})
	ts.Defer(in.Cancel)
	d.signIns[args[0]] = in
	switch step := in.Start(context.Background()).(type) {
	case agent.Approve:
	case agent.Offline:
		ts.Setenv("CHALLENGE", step.Challenge)
	default:
		ts.Fatalf("%s says %+v", args[0], step)
	}
}

// letsin NAME wants a sign-in with a network to be approved, and lets the computer give its list to the server.
func letsIn(ts *testscript.TestScript, _ bool, args []string) {
	d, ctx := desksOf(ts), context.Background()
	if step, ok := d.signIns[args[0]].Check(ctx, 20*time.Second).(agent.Done); !ok {
		ts.Fatalf("%s says %+v", args[0], step)
	}
	ts.Check(d.laptops[args[0]].Contact(ctx))
}

// typed NAME CODE RESULT types a code: qr or list is how it let in, anything else what the notice says.
func typed(ts *testscript.TestScript, _ bool, args []string) {
	var got string
	switch step := desksOf(ts).signIns[args[0]].Code(context.Background(), args[1]).(type) {
	case agent.Done:
		got = step.How
	case agent.Offline:
		if step.Notice != nil {
			got = step.Notice.Code
		}
	case agent.Refused:
		got = step.Code
	}
	if got != args[2] {
		ts.Fatalf("%s says %q, want %q", args[0], got, args[2])
	}
}

// stolen NAME reports a computer.
func stolen(ts *testscript.TestScript, _ bool, args []string) {
	_, err := worldOf(ts).Admin.EndComputer(context.Background(), authn.ClientID(args[0]),
		wire.EndComputer{State: authn.ComputerStolen, Reason: "left in a train"})
	ts.Check(err)
}

// agreed NAME STATES lets the computer tell its journal and compares what the server makes of it, as "list matched 2, qr matched 1".
func agreed(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	ts.Check(desksOf(ts).laptops[args[0]].Contact(ctx))
	uses, err := worldOf(ts).Admin.OfflineUses(ctx, authn.ClientID(args[0]))
	ts.Check(err)
	states := map[string]int{}
	for _, u := range uses {
		states[string(u.Method)+" "+u.State]++
	}
	var got []string
	for _, state := range slices.Sorted(maps.Keys(states)) {
		got = append(got, fmt.Sprintf("%s %d", state, states[state]))
	}
	if text := strings.Join(got, ", "); text != args[1] {
		ts.Fatalf("the server says %s, want %s", text, args[1])
	}
}

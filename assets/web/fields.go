package web

import "fmt"

// field is a labelled field as the page draws it.
type field struct {
	ID, Name, Label, More, Value, Wrong string
	Type                                string // text, email, tel, number, date, search
	Class, Auto, Mode, Placeholder      string
	Max                                 int // length; of a number its largest
	Min                                 int // of a number
	Rows                                int // more than 0: a field of several lines
	Required, Focus                     bool
}

// newField takes names and values, one after the other. The id is the name, where none is given.
func newField(pairs ...any) (field, error) {
	f := field{Type: "text", Max: 200}
	texts := map[string]*string{
		"ID": &f.ID, "Name": &f.Name, "Label": &f.Label, "More": &f.More, "Value": &f.Value, "Wrong": &f.Wrong, "Type": &f.Type,
		"Class": &f.Class, "Auto": &f.Auto, "Mode": &f.Mode, "Placeholder": &f.Placeholder,
	}
	numbers := map[string]*int{"Max": &f.Max, "Min": &f.Min, "Rows": &f.Rows}
	yes := map[string]*bool{"Required": &f.Required, "Focus": &f.Focus}
	for i := 0; i+1 < len(pairs); i += 2 {
		name := fmt.Sprint(pairs[i])
		switch v := pairs[i+1].(type) {
		case int:
			if n := numbers[name]; n != nil {
				*n = v
				continue
			}
			if name == "Value" {
				f.Value = fmt.Sprint(v)
				continue
			}
		case bool:
			if b := yes[name]; b != nil {
				*b = v
				continue
			}
		default:
			if s := texts[name]; s != nil {
				*s = fmt.Sprint(v)
				continue
			}
		}
		return f, fmt.Errorf("field has no %s of type %T", name, pairs[i+1])
	}
	if f.ID == "" {
		f.ID = f.Name
	}
	return f, nil
}

// Described names what is said about the field, for those who listen.
func (f field) Described() string {
	switch {
	case f.More != "" && f.Wrong != "":
		return f.ID + "-more " + f.ID + "-wrong"
	case f.More != "":
		return f.ID + "-more"
	case f.Wrong != "":
		return f.ID + "-wrong"
	}
	return ""
}

package style

import (
	"image/color"

	"fyne.io/fyne/v2"
)

// Token names a color of the look. It is a name of the theme too, so that it can
// be handed to everything in Fyne that takes a theme color.
type Token = fyne.ThemeColorName

// The colors, each with what it is for.
const (
	Background     Token = "avow.background"     // page behind everything; also the notches of a slip
	Surface        Token = "avow.surface"        // cards, slips, rows, tab bar, keypad keys
	SurfaceRaised  Token = "avow.surfaceRaised"  // menus, dialogs, sheets
	Sunken         Token = "avow.sunken"         // fields, digit boxes, quiet notes and tiles
	Rail           Token = "avow.rail"           // side bar on desktop and web
	Text           Token = "avow.text"           // all main text
	TextMuted      Token = "avow.textMuted"      // second line, labels, idle tabs
	Outline        Token = "avow.outline"        // hairlines, dashes, empty part of a ring; decoration only
	OutlineStrong  Token = "avow.outlineStrong"  // edge of a control (3:1)
	Primary        Token = "avow.primary"        // main button, active tab, link; an organisation may replace it
	OnPrimary      Token = "avow.onPrimary"      // text on primary
	PrimarySoft    Token = "avow.primarySoft"    // second button, icon tile
	OnPrimarySoft  Token = "avow.onPrimarySoft"  // text on primarySoft
	Positive       Token = "avow.positive"       // good status, icon and word
	OnPositive     Token = "avow.onPositive"     // text on positive
	PositiveSoft   Token = "avow.positiveSoft"   // good note
	OnPositiveSoft Token = "avow.onPositiveSoft" // text on positiveSoft
	Negative       Token = "avow.negative"       // bad status, destructive text and outline
	OnNegative     Token = "avow.onNegative"     // text on negative
	NegativeSoft   Token = "avow.negativeSoft"   // bad note
	OnNegativeSoft Token = "avow.onNegativeSoft" // text on negativeSoft
	Warning        Token = "avow.warning"        // status that needs an act
	OnWarning      Token = "avow.onWarning"      // text on warning
	WarningSoft    Token = "avow.warningSoft"    // warning note
	OnWarningSoft  Token = "avow.onWarningSoft"  // text on warningSoft
	Accent         Token = "avow.accent"         // time left: ring and bell only, never text
	YesFill        Token = "avow.yesFill"        // Yes; never replaced by an organisation
	OnYes          Token = "avow.onYes"          // text on Yes
	NoFill         Token = "avow.noFill"         // No and block; same luminance as Yes
	OnNo           Token = "avow.onNo"           // text on No
	Focus          Token = "avow.focus"          // ring of 3 px, 2 px outside the control
	Scrim          Token = "avow.scrim"          // behind a dialog; outside the scan frame
	Inverse        Token = "avow.inverse"        // tooltip
	OnInverse      Token = "avow.onInverse"      // text on inverse
	BrandPanel     Token = "avow.brandPanel"     // welcome panel
	BrandMark      Token = "avow.brandMark"      // check of the mark on the panel
	BrandMark2     Token = "avow.brandMark2"     // fingers of the mark on the panel
	Qr             Token = "avow.qr"             // modules of a QR, both themes
	QrPaper        Token = "avow.qrPaper"        // paper of a QR, both themes, 4 modules quiet zone
	Hover          Token = "avow.hover"          // over a filled button
	Pressed        Token = "avow.pressed"        // over any control while held
	Selection      Token = "avow.selection"      // selected text
	HoverSurface   Token = "avow.hoverSurface"   // over a surface that the pointer is on
)

// shades are the two colors of a token.
type shades struct{ light, dark color.NRGBA }

// colors holds every token; HoverSurface is described in the use of hover.
var colors = map[Token]shades{
	Background:     {rgba(0xF5F3ECFF), rgba(0x0F1614FF)},
	Surface:        {rgba(0xFFFFFFFF), rgba(0x1A2421FF)},
	SurfaceRaised:  {rgba(0xFFFFFFFF), rgba(0x24302CFF)},
	Sunken:         {rgba(0xE9E6DBFF), rgba(0x2A3732FF)},
	Rail:           {rgba(0xE9E6DBFF), rgba(0x171F1CFF)},
	Text:           {rgba(0x16221EFF), rgba(0xEDF0EAFF)},
	TextMuted:      {rgba(0x535E58FF), rgba(0xA9B5AEFF)},
	Outline:        {rgba(0xDCD8CBFF), rgba(0x31403AFF)},
	OutlineStrong:  {rgba(0x79827BFF), rgba(0x7D8B83FF)},
	Primary:        {rgba(0x0F5247FF), rgba(0x86D3BCFF)},
	OnPrimary:      {rgba(0xFFFFFFFF), rgba(0x05261FFF)},
	PrimarySoft:    {rgba(0xD8E8E0FF), rgba(0x1D4038FF)},
	OnPrimarySoft:  {rgba(0x0B4038FF), rgba(0xBFE9DBFF)},
	Positive:       {rgba(0x17663FFF), rgba(0x8AD6A0FF)},
	OnPositive:     {rgba(0xFFFFFFFF), rgba(0x06280FFF)},
	PositiveSoft:   {rgba(0xD9EBDDFF), rgba(0x1C4029FF)},
	OnPositiveSoft: {rgba(0x10502FFF), rgba(0xC0EBCBFF)},
	Negative:       {rgba(0xA32B22FF), rgba(0xFFB3A6FF)},
	OnNegative:     {rgba(0xFFFFFFFF), rgba(0x45100AFF)},
	NegativeSoft:   {rgba(0xF8E0DBFF), rgba(0x4C231DFF)},
	OnNegativeSoft: {rgba(0x7F1D16FF), rgba(0xFFD2CAFF)},
	Warning:        {rgba(0x85540AFF), rgba(0xF3C46EFF)},
	OnWarning:      {rgba(0xFFFFFFFF), rgba(0x3A2700FF)},
	WarningSoft:    {rgba(0xFBE9C6FF), rgba(0x41320FFF)},
	OnWarningSoft:  {rgba(0x5E3B00FF), rgba(0xFBE1ABFF)},
	Accent:         {rgba(0xC26A14FF), rgba(0xF0A650FF)},
	YesFill:        {rgba(0x17663FFF), rgba(0x217D4CFF)},
	OnYes:          {rgba(0xFFFFFFFF), rgba(0xFFFFFFFF)},
	NoFill:         {rgba(0xA32B22FF), rgba(0xC33F32FF)},
	OnNo:           {rgba(0xFFFFFFFF), rgba(0xFFFFFFFF)},
	Focus:          {rgba(0x1F5FD0FF), rgba(0x9CC2FFFF)},
	Scrim:          {rgba(0x0F1613A8), rgba(0x000000B3)},
	Inverse:        {rgba(0x16221EFF), rgba(0xEDF0EAFF)},
	OnInverse:      {rgba(0xF5F3ECFF), rgba(0x16221EFF)},
	BrandPanel:     {rgba(0x0F5247FF), rgba(0x14443BFF)},
	BrandMark:      {rgba(0xFFFFFFFF), rgba(0xF5F3ECFF)},
	BrandMark2:     {rgba(0x8FCBB4FF), rgba(0x86D3BCFF)},
	Qr:             {rgba(0x16221EFF), rgba(0x16221EFF)},
	QrPaper:        {rgba(0xFFFFFFFF), rgba(0xFFFFFFFF)},
	Hover:          {rgba(0xFFFFFF1A), rgba(0x0000001A)},
	Pressed:        {rgba(0x00000033), rgba(0x00000033)},
	Selection:      {rgba(0x0F524740), rgba(0x86D3BC40)},
	HoverSurface:   {rgba(0x16221E0F), rgba(0xFFFFFF0F)},
}

func rgba(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 24), G: uint8(v >> 16), B: uint8(v >> 8), A: uint8(v)}
}

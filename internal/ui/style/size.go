package style

import (
	"time"

	"fyne.io/fyne/v2"
)

// TextToken names a size of type. It is a size name of the theme too.
type TextToken = fyne.ThemeSizeName

// The sizes of type, each with what it is for.
const (
	TextTab        TextToken = "avow.text.tab"        // tab labels; bold when active
	TextCaption    TextToken = "avow.text.caption"    // labels above values
	TextBody       TextToken = "avow.text.body"       // everything that is read
	TextLead       TextToken = "avow.text.lead"       // sentence under a heading, row titles (bold)
	TextButton     TextToken = "avow.text.button"     // main button
	TextSubheading TextToken = "avow.text.subheading" // screen title beside the arrow
	TextYesNo      TextToken = "avow.text.yesNo"      // No, Yes; name on a slip
	TextHeading    TextToken = "avow.text.heading"    // screen question
	TextDisplay    TextToken = "avow.text.display"    // welcome, result, computer name
	TextWords      TextToken = "avow.text.words"      // check words (64 on the web)
	TextCodeSmall  TextToken = "avow.text.codeSmall"  // time in a ring, next code, receipt
	TextKey        TextToken = "avow.text.key"        // keypad
	TextCode       TextToken = "avow.text.code"       // code in a list, restore group, digit box (30)
	TextCodeBig    TextToken = "avow.text.codeBig"    // offline code; 52 below 380 px width
)

// textSizes are the sizes at the text size Normal.
var textSizes = map[TextToken]float32{
	TextTab:        14,
	TextCaption:    14,
	TextBody:       16,
	TextLead:       17,
	TextButton:     18,
	TextSubheading: 20,
	TextYesNo:      22,
	TextHeading:    28,
	TextDisplay:    34,
	TextWords:      52,
	TextCodeSmall:  16,
	TextKey:        26,
	TextCode:       29,
	TextCodeBig:    56,
}

// Heights of a line, as a factor of the size of its type.
const (
	LineHeightBody    float32 = 1.3
	LineHeightHeading float32 = 1.18
	LineHeightCode    float32 = 1.2
)

// Spaces between things.
const (
	Space1               float32 = 4
	Space2               float32 = 8
	Space3               float32 = 12
	Space4               float32 = 16
	Space5               float32 = 20
	Space6               float32 = 24
	Space8               float32 = 32
	Space10              float32 = 40
	SpaceScreenMargin    float32 = 20
	SpaceCardPadding     float32 = 16
	SpaceSlipPadding     float32 = 20
	SpaceBetweenCards    float32 = 12
	SpaceAboveMainButton float32 = 12
)

// Radii of corners.
const (
	RadiusNotch  float32 = 10
	RadiusSmall  float32 = 6
	RadiusKey    float32 = 14
	RadiusField  float32 = 14
	RadiusChip   float32 = 12
	RadiusButton float32 = 16
	RadiusCard   float32 = 20
	RadiusHalf   float32 = 20
	RadiusSlip   float32 = 24
	RadiusSheet  float32 = 28
)

// Heights, widths and diameters of components.
const (
	SizeMinTarget       float32 = 48
	SizeMainButton      float32 = 60
	SizeSecondButton    float32 = 56
	SizeSmallButton     float32 = 48
	SizeYesNo           float32 = 68
	SizeYesNoGap        float32 = 4
	SizeKey             float32 = 54
	SizeDigitBox        float32 = 52
	SizeField           float32 = 52
	SizeRow             float32 = 64
	SizeTile            float32 = 48
	SizeAvatar          float32 = 44
	SizeTopBar          float32 = 56
	SizeTabBar          float32 = 64
	SizeScan            float32 = 64
	SizeScanMargin      float32 = 6
	SizeRing            float32 = 64
	SizeRingSmall       float32 = 36
	SizeRingStroke      float32 = 5
	SizeStatusBarTop    float32 = 44
	SizeGestureBottom   float32 = 24
	SizeRailWidth       float32 = 196
	SizePaneMin         float32 = 360
	SizeRequestMaxWidth float32 = 480
	SizeWebMinWidth     float32 = 1024
)

// Sizes of icons by where they stand.
const (
	IconInline float32 = 20
	IconButton float32 = 22
	IconRow    float32 = 24
	IconTab    float32 = 26
	IconYesNo  float32 = 26
	IconScan   float32 = 32
	IconTile   float32 = 26
	IconHero   float32 = 42
)

// Widths of lines.
const (
	StrokeSeparator float32 = 1
	StrokeControl   float32 = 1.5
	StrokeDigit     float32 = 2
	StrokeFocus     float32 = 3
	StrokeRingSmall float32 = 4
	StrokeRing      float32 = 5
)

// Durations of motion; all ease out. With reduced motion only MotionFade stays.
const (
	MotionPress    = 80 * time.Millisecond
	MotionFade     = 120 * time.Millisecond
	MotionMove     = 200 * time.Millisecond
	MotionRequest  = 240 * time.Millisecond
	MotionStamp    = 320 * time.Millisecond
	MotionCodeTick = 1000 * time.Millisecond
)

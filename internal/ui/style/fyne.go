package style

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// fyneColors says which token stands for each color that Fyne's own widgets ask for.
var fyneColors = map[fyne.ThemeColorName]Token{
	theme.ColorNameBackground:          Background,
	theme.ColorNameHeaderBackground:    Surface,
	theme.ColorNameOverlayBackground:   SurfaceRaised,
	theme.ColorNameMenuBackground:      SurfaceRaised,
	theme.ColorNameInputBackground:     Sunken,
	theme.ColorNameDisabledButton:      Sunken,
	theme.ColorNameForeground:          Text,
	theme.ColorNamePlaceHolder:         TextMuted,
	theme.ColorNameDisabled:            TextMuted,
	theme.ColorNameSeparator:           Outline,
	theme.ColorNameInputBorder:         OutlineStrong,
	theme.ColorNameScrollBar:           OutlineStrong,
	theme.ColorNamePrimary:             Primary,
	theme.ColorNameHyperlink:           Primary,
	theme.ColorNameForegroundOnPrimary: OnPrimary,
	theme.ColorNameButton:              PrimarySoft,
	theme.ColorNameSuccess:             Positive,
	theme.ColorNameForegroundOnSuccess: OnPositive,
	theme.ColorNameError:               Negative,
	theme.ColorNameForegroundOnError:   OnNegative,
	theme.ColorNameWarning:             Warning,
	theme.ColorNameForegroundOnWarning: OnWarning,
	theme.ColorNameFocus:               Focus,
	theme.ColorNameShadow:              Scrim, // but see Theme.Color
	theme.ColorNameHover:               Hover,
	theme.ColorNamePressed:             Pressed,
	theme.ColorNameSelection:           Selection,
}

// fyneSizes are the sizes that Fyne's own widgets ask for; texts grow with the text size.
var fyneSizes = map[fyne.ThemeSizeName]float32{
	theme.SizeNameText:               16,
	theme.SizeNameCaptionText:        14,
	theme.SizeNameSubHeadingText:     20,
	theme.SizeNameHeadingText:        28,
	theme.SizeNamePadding:            4,
	theme.SizeNameInnerPadding:       12,
	theme.SizeNameLineSpacing:        4,
	theme.SizeNameInlineIcon:         24,
	theme.SizeNameSeparatorThickness: 1,
	theme.SizeNameInputBorder:        2,
	theme.SizeNameInputRadius:        14,
	theme.SizeNameButtonRadius:       16,
	theme.SizeNameCardRadius:         20,
	theme.SizeNameDialogRadius:       24,
	theme.SizeNamePopupRadius:        20,
	theme.SizeNameMenuRadius:         14,
	theme.SizeNameSelectionRadius:    6,
	theme.SizeNameScrollBar:          12,
	theme.SizeNameScrollBarSmall:     4,
	theme.SizeNameScrollBarRadius:    6,
	theme.SizeNameModalBlurRadius:    0,
}

// fyneTexts are those of fyneSizes that are sizes of type.
var fyneTexts = map[fyne.ThemeSizeName]bool{
	theme.SizeNameText:           true,
	theme.SizeNameCaptionText:    true,
	theme.SizeNameSubHeadingText: true,
	theme.SizeNameHeadingText:    true,
}

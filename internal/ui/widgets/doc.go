// Package widgets holds the components of the app's screens: buttons, slips,
// rows, fields, rings and what else the look describes, with the layouts that
// put them on a screen. A widget shows what it is told and announces what a
// person does (OnTap, OnYes, OnChanged); it decides, fetches, translates and
// formats nothing, and every visible word is handed in. Colors and sizes come
// from package style. All can be reached by keyboard, with targets of at least
// 48 px; for that it follows WCAG 2.2 (2.1.1, 2.4.7, 2.5.8), level AA.
package widgets

package model

import "avow/assets/translations"

// spelling has the words for the characters of a restore code.
var spelling = map[rune]translations.Message{
	'0': "app.spell.0", '1': "app.spell.1", '2': "app.spell.2", '3': "app.spell.3", '4': "app.spell.4",
	'5': "app.spell.5", '6': "app.spell.6", '7': "app.spell.7", '8': "app.spell.8", '9': "app.spell.9",
	'A': "app.spell.a", 'B': "app.spell.b", 'C': "app.spell.c", 'D': "app.spell.d", 'E': "app.spell.e", 'F': "app.spell.f", 'G': "app.spell.g",
	'H': "app.spell.h", 'J': "app.spell.j", 'K': "app.spell.k", 'M': "app.spell.m", 'N': "app.spell.n", 'P': "app.spell.p", 'Q': "app.spell.q",
	'R': "app.spell.r", 'S': "app.spell.s", 'T': "app.spell.t", 'V': "app.spell.v", 'W': "app.spell.w", 'X': "app.spell.x", 'Y': "app.spell.y",
	'Z': "app.spell.z",
}

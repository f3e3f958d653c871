# SPDX-License-Identifier: GPL-2.0
# Numbers as they are read. A module of jq.

def thousands: tostring | [while(length > 0; .[:-3]) | .[-3:]] | reverse | join(",");

# With so many digits behind the point.
def fixed($digits):
	(fabs * ($digits | exp10) | round | tostring) as $n
	| ("0" * ([$digits + 1 - ($n | length), 0] | max) // "") + $n
	| (if $digits > 0 then (.[:-$digits] | thousands) + "." + .[-$digits:] else thousands end);
def signed($digits): (if . < 0 then "-" else "" end) + fixed($digits);

# Three digits, as mtce-compare has them.
def number:
	if . == null then "–" elif . == 0 then "0" else fabs as $a
	| if $a < 0.0005 then "<0.001" elif $a < 0.9995 then signed(3) elif $a < 9.995 then signed(2)
	  elif $a < 99.95 then signed(1) elif $a < 9999.5 then signed(0)
	  elif $a < 99950 then (. / 1e3 | signed(1)) + "k" elif $a < 999500 then (. / 1e3 | signed(0)) + "k"
	  else (. / 1e6 | signed(1)) + "M" end end;

# About three digits, without zeros at the end.
def short: if . >= 100 then round elif . >= 10 then . * 10 | round / 10 else . * 100 | round / 100 end;

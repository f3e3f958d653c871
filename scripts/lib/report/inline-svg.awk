# SPDX-License-Identifier: GPL-2.0
# A picture of gnuplot as a part of a page: it takes the page's letters and colours, and as much room as there is.
function colours() {
	gsub(/rgb\( *0, *114, *178\)/, "var(--blue)")
	gsub(/rgb\( *213, *94, *0\)/, "var(--orange)")
	gsub(/rgb\( *0, *158, *115\)/, "var(--green)")
	gsub(/rgb\( *204, *121, *167\)/, "var(--pink)")
	gsub(/rgb\( *230, *159, *0\)/, "var(--yellow)")
	gsub(/rgb\( *86, *180, *233\)/, "var(--sky)")
	gsub(/rgb\( *212, *212, *212\)/, "var(--grid)")
	gsub(/rgb\( *102, *102, *102\)/, "var(--axis)")
	gsub(/rgb\( *85, *85, *85\)/, "var(--soft)")
	gsub(/rgb\( *176, *0, *0\)/, "var(--caution)")
	gsub(/rgb\( *(51, *51, *51|34, *34, *34|68, *68, *68|0, *0, *0)\)/, "var(--text)")
	gsub(/"black"/, "\"var(--text)\"")
}
/^<svg/ { head = 1 }
head {
	if (match($0, /viewBox="[^"]*"/)) box = substr($0, RSTART, RLENGTH)
	if (/>$/) {
		head = 0
		print "<svg " box " aria-hidden=\"true\">"
	}
	next
}
/^<\?xml|^<title>|^<desc>|^$/ { next }
# The white ground.
/<rect x="0" y="0" width="[0-9]+" height="[0-9]+" fill=/ { next }
# Marks of points come from one list for all pictures.
/<defs>/, /<\/defs>/ { next }
# The line that says which run it is of: the page says it once.
/fill="rgb\(136,136,137\)"/ { skip = 1 }
skip {
	if (/<\/g>/) skip = 0
	next
}
# A tenth of a pixel is enough.
function shorter(s,   out, digits) {
	while (match(s, /\.[0-9]+/)) {
		digits = substr(s, RSTART, 2)
		out = out substr(s, 1, RSTART - 1) (digits == ".0" ? "" : digits)
		s = substr(s, RSTART + RLENGTH)
	}
	return out s
}
{
	colours()
	gsub(/ font-family="[^"]*"| id="[^"]*"/, "")
	gsub(/xlink:href/, "href")
	gsub(/ stroke-linecap="butt" stroke-linejoin="miter"| class="gridline"|^\t+/, "")
	gsub(/ +'\/>/, "'/>")
	# What nearly every group has is a class of the page.
	sub(/fill="none" color="var\(--text\)" stroke="currentColor"/, "class=\"p\"")
	if (!/<text>/) $0 = shorter($0)
}
# Groups that hold nothing.
/^<g [^>]*>$/ {
	if (held) print held
	held = $0
	next
}
held && /^<\/g>$/ { held = ""; next }
held { print held; held = "" }
{ print }

# SPDX-License-Identifier: GPL-2.0
# QEMU's trace of a pseries guest (spapr_iommu*, pci_cfg_write, with times) as rows of a recording:
#   t_us,phase,op,liobn,ioba,npages,tce_first,ret
# op is P, I, S, W as in bench/replay-stream.h; and X, a DMA that QEMU translated (where, and what it found;
# its ret is the permission), which check-rows.awk wants and a recording leaves out.
#
# Three trace points of QEMU 7.2 do not say what the guest asked for or saw, and are put right:
#   spapr_iommu_pci_stuff     its ioba is the one after the last that was cleared;
#   spapr_iommu_pci_indirect  its tceN is the list's last entry, and iobaN that entry's number. Linux makes a list
#                             of what lies in one piece, so the first follows; the X rows prove it.
#   spapr_iommu_xlate         its address counts from where the window begins.
# A line that is not understood, or events of which the guest counted another number, end it: status 1.

function fail(why) {
	print "line " NR " of the trace: " why > "/dev/stderr"
	failed = 1
	exit 1
}

# Exact for what is below 2^53, and for addresses of pages in any window.
function number(hex,   n, i, piece) {
	if (substr(hex, 1, 2) != "0x" || length(hex) > 18) fail("not an address: " $0)
	n = 0
	for (i = 3; i <= length(hex); i += 4) {
		piece = substr(hex, i, 4)
		if (!(piece in value)) value[piece] = four_digits(piece)
		n = n * scale[length(piece)] + value[piece]
	}
	return n
}

function four_digits(piece,   n, i, digit) {
	n = 0
	for (i = 1; i <= length(piece); i++) {
		digit = index("0123456789abcdef", substr(piece, i, 1))
		if (!digit) fail("not an address: " $0)
		n = n * 16 + digit - 1
	}
	return n
}

# In pieces, because not every awk prints large numbers.
function hex(n,   high, middle) {
	if (n < 16777216) return sprintf("0x%x", n)
	high = int(n / 281474976710656)
	n -= high * 281474976710656
	middle = int(n / 16777216)
	n -= middle * 16777216
	return high ? sprintf("0x%x%06x%06x", high, middle, n) : sprintf("0x%x%06x", middle, n)
}

# What stands behind NAME= in field I.
function field(i, name,   length_) {
	length_ = length(name) + 1
	if (substr($i, 1, length_) != name "=") fail("no " name " where it should be: " $0)
	return substr($i, length_ + 1)
}

function decimal(i, name,   text) {
	text = field(i, name)
	if (text !~ /^-?[0-9]+$/) fail(name " is not a number: " $0)
	return text + 0
}

function fields(n) { if (NF != n) fail("cut off, or run into the next: " $0) }

function row(op, liobn, ioba, npages, tce, ret) {
	printf "%d,%s,%s,%s,%s,%d,%s,%d\n", now, phase, op, liobn, ioba, npages, tce, ret
}

# "18829@1795400663.228424:EVENT": threads take their time before they take their turn, hence the small step back.
function take_time(stamp,   part, t) {
	if (split(stamp, part, /[@.]/) != 3) fail("no time: " $0)
	if (first == "") first = part[2]
	t = (part[2] - first) * 1000000 + part[3]
	if (start == "") start = t
	t -= start
	if (t < now - 1000000) fail("the clock was set back")
	if (t > now) now = t
}

# Of pages: a byte's address in a window above 2^53 could not be written exactly.
function page_of_window(liobn, offset) {
	return hex(offset - offset % page_size(liobn) + (liobn in base ? base[liobn] : 0))
}

function page_size(liobn) { return liobn in size ? size[liobn] : 4096 }

function marked(text,   word) {
	if (text ~ /^[a-z][a-z0-9-]*$/) phase = text
	else if (split(text, word, " ") == 4 && word[1] == "count") count(word[2], word[3], word[4])
	else fail("not a mark of the guest: " text)
	if (text == "end") ended = 1
}

# The guest's count since its first, of each hypercall, against the trace's.
function count(put, indirect, stuff) {
	if (counts++) {
		compare("H_PUT_TCE", put, calls["put"])
		compare("H_PUT_TCE_INDIRECT", indirect, calls["indirect"])
		compare("H_STUFF_TCE", stuff, calls["stuff"])
	} else {
		calls["put"] = calls["indirect"] = calls["stuff"] = 0
	}
}
function compare(name, guests, ours) {
	if (guests + 0 != ours + 0) fail("the guest counted " guests " " name " and the trace has " ours ": events were lost")
}

# Four characters a word, until one is a zero.
function mark_word(word,   i, c) {
	word = substr("00000000" substr(word, 3), length(word) - 1)
	for (i = 1; i < 8; i += 2) {
		c = four_digits(substr(word, i, 2))
		if (!c) {
			marked(text)
			text = ""
			return
		}
		text = text sprintf("%c", c)
	}
}

BEGIN {
	phase = "boot"
	for (i = 1; i <= 4; i++) scale[i] = 16 ^ i
	print "t_us,phase,op,liobn,ioba,npages,tce_first,ret"
}

ended { next }

{
	colon = index($1, ":")
	event = substr($1, colon + 1)
	if ($1 !~ /^[0-9]+@[0-9]+\.[0-9]+:./) fail("not an event: " $0)
	take_time(substr($1, 1, colon - 1))
	sub(/^spapr_iommu_pci_/, "spapr_iommu_", event)
}

event == "spapr_iommu_xlate" {
	fields(7)
	liobn = field(2, "liobn")
	number($5)
	row("X", liobn, page_of_window(liobn, number($3)), 1, $5, decimal(6, "perm"))
	next
}

event == "spapr_iommu_put" {
	fields(5)
	calls["put"]++
	number(field(3, "ioba"))
	number(field(4, "tce"))
	row("P", field(2, "liobn"), field(3, "ioba"), 1, field(4, "tce"), decimal(5, "ret"))
	next
}

event == "spapr_iommu_indirect" {
	fields(7)
	calls["indirect"]++
	liobn = field(2, "liobn")
	last = number(field(5, "iobaN"))
	row("I", liobn, field(3, "ioba"), last + 1, hex(number(field(6, "tceN")) - last * page_size(liobn)), decimal(7, "ret"))
	next
}

event == "spapr_iommu_stuff" {
	fields(6)
	calls["stuff"]++
	liobn = field(2, "liobn")
	npages = decimal(5, "npages")
	ret = decimal(6, "ret")
	if (ret) fail("a refused H_STUFF_TCE does not say where it began: " $0)
	number(field(4, "tcevalue"))
	row("S", liobn, hex(number(field(3, "ioba")) - npages * page_size(liobn)), npages, field(4, "tcevalue"), ret)
	next
}

# "buid=B addr=A, page size=P, requested=R, start addr=S, liobn=L"
event == "spapr_iommu_ddw_create" {
	fields(9)
	gsub(",", "")
	liobn = field(9, "liobn")
	size[liobn] = number(field(5, "size"))
	base[liobn] = number(field(8, "addr"))
	if (!size[liobn]) fail("a window with pages of no size: " $0)
	row("W", liobn, field(8, "addr"), number(field(6, "requested")) / size[liobn], hex(size[liobn]), 0)
	next
}

event == "spapr_iommu_ddw_remove" || event == "spapr_iommu_ddw_reset" {
	fail("the guest removed a window, for which a recording has no word: " $0)
}

event == "pci_cfg_write" {
	fields(6)
	if ($2 == "pci-testdev" && $4 == "@0x2c") {
		number($6)
		mark_word($6)
	}
	next
}

event ~ /^spapr_iommu_(new_table|ddw_query|get)$/ { next }

{ fail("an event that is not known: " $0) }

END {
	if (failed) exit 1
	if (!ended || counts < 2) {
		print "the trace ends after " NR " lines without the guest's last word: it was cut off" > "/dev/stderr"
		exit 1
	}
}

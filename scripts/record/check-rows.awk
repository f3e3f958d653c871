# SPDX-License-Identifier: GPL-2.0
# A recording is consistent if its tables come out as the guest's: nothing is mapped over what is mapped, only the
# boot-time clear clears what is empty, and every DMA that QEMU translated (rows X, where there are any) found
# what the rows before say. Prints a table of the phases, 80 columns wide; status 1 and a sentence for
# each of the first mistakes if it is not.

function mistake(why) {
	if (++mistakes <= 5) print "line " NR ": " why ": " $0 > "/dev/stderr"
}

function number(hex,   n, i, digit) {
	n = 0
	if (substr(hex, 1, 2) != "0x") mistake("not an address")
	for (i = 3; i <= length(hex); i++) {
		digit = index("0123456789abcdef", substr(hex, i, 1))
		if (!digit) mistake("not an address")
		n = n * 16 + digit - 1
	}
	return n
}

# In pages from the window's start, which stays exact.
function page(liobn, ioba) { return int((number(ioba) - start[liobn]) / size[liobn]) }

function window(liobn, from, bytes, pages) {
	start[liobn] = from
	size[liobn] = bytes
	tces[liobn] = pages
}

function in_window(liobn, first, n) {
	if (first >= 0 && n > 0 && first + n <= tces[liobn]) return 1
	mistake("not in the window")
	return 0
}

function map(liobn, first, n, tce,   i, key, bytes) {
	bytes = size[liobn]
	for (i = 0; i < n; i++) {
		key = liobn " " (first + i)
		if (key in since) mistake("maps over what is mapped")
		else if (++alive > most[phase]) most[phase] = alive
		since[key] = $1
		where[key] = tce + i * bytes
		if (i) inside[key]
	}
	mapped[phase] += n
	all_mapped += n
	if (n > largest[phase]) largest[phase] = n
}

function clear(liobn, first, n, may_be_empty,   i, key) {
	for (i = 0; i < n; i++) {
		key = liobn " " (first + i)
		if (key in since) {
			lived(phase, $1 - since[key])
			delete since[key]
			delete where[key]
			delete inside[key]
			alive--
			all_cleared++
		} else {
			empty++
			if (!may_be_empty) mistake("clears what is empty")
		}
	}
}

# Eight classes to a factor of two: a percentile is right within a tenth.
function lived(phase, us,   class) {
	class = int(log(us + 1) / log(2) * 8)
	lives[phase, class]++
	lives_of[phase]++
	if (class > highest) highest = class
}

function percentile(phase, share,   class, n) {
	if (!lives_of[phase]) return "-"
	for (class = 0; class <= highest; class++) {
		n += lives[phase, class]
		if (n >= share * lives_of[phase]) break
	}
	return sprintf(class < 80 ? "%.2f" : "%.1f", 2 ^ ((class + 0.5) / 8) / 1000)
}

function translated(liobn, ioba, found, permission,   key, bytes) {
	bytes = size[liobn]
	key = liobn " " page(liobn, ioba)
	dmas++
	if (key in inside) dmas_in_lists++
	if (!(key in since)) mistake("a DMA through an entry that the recording does not have")
	else if (where[key] != number(found) - number(found) % bytes + permission) mistake("a DMA went elsewhere than recorded")
}

BEGIN { FS = "," }

NR == 1 {
	if ($0 != "t_us,phase,op,liobn,ioba,npages,tce_first,ret") mistake("not a recording")
	next
}

NF != 8 || $1 !~ /^[0-9]+$/ {
	mistake("not a row")
	next
}

$1 + 0 < before { mistake("time goes back") }

{
	before = $1 + 0
	phase = $2
	if (!(phase in seen)) {
		seen[phase]
		phases[++num_phases] = phase
	}
	if (!($4 in size)) window($4, 0, 4096, 262144)
}

$3 == "X" {
	translated($4, $5, $7, $8)
	next
}

$3 == "W" {
	window($4, number($5), number($7), $6)
	made[$4]
	next
}

# What was refused has done nothing, but part of a list may have been done.
$8 != 0 {
	refused++
	if ($3 != "P") mistake("a refused hypercall of which nobody knows how much was done")
	next
}

{
	calls[phase, $3]++
	all_calls++
	first = page($4, $5)
	if (!in_window($4, first, $6)) next
	tce = number($7)
}

$3 == "P" && tce % 4 == 0 {
	clear($4, first, 1, 0)
	next
}

$3 == "P" || $3 == "I" {
	if (tce % 4 == 0) mistake("maps without permission")
	map($4, first, $6, tce)
	next
}

$3 == "S" {
	clear($4, first, $6, phase == "boot" && $6 >= 512)
	next
}

{ mistake("not one of P, I, S, W") }

# In at most 80 columns.
function table(   i, p, w) {
	printf "%-29.29s %6s %6s %6s %7s %7s %6s %6s\n", "", "", "", "", "pages", "largest", "life", "ms"
	printf "%-29.29s %6s %6s %6s %7s %7s %6s %6s\n", "phase", "PUT", "lists", "STUFF", "mapped", "list", "p50", "p99"
	for (i = 1; i <= num_phases; i++) {
		p = phases[i]
		if (!(calls[p, "P"] + calls[p, "I"] + calls[p, "S"])) continue
		printf "%-29.29s %6d %6d %6d %7d %7d %6s %6s\n", p, calls[p, "P"], calls[p, "I"], calls[p, "S"], mapped[p], largest[p], percentile(p, 0.5), percentile(p, 0.99)
		if (most[p] > most_alive) most_alive = most[p]
	}
	printf "\n%d hypercalls, %d refused: %d pages mapped, %d cleared\n", all_calls + refused, refused, all_mapped, all_cleared
	printf "pages mapped at a time: %d at most, %d in the end\n", most_alive, alive
	printf "clears of empty entries: %d%s\n", empty, mistakes ? "" : ", all in the boot-time clear"
	for (w in made) printf "window %s at 0x%x%08x: %d pages of %d bytes\n", w, int(start[w] / 4294967296), start[w] % 4294967296, tces[w], size[w]
	if (dmas) printf "%d DMAs, %d behind the first page of a list%s\n", dmas, dmas_in_lists, mistakes ? "" : ": all as recorded"
}

END {
	if (all_calls) table()
	else mistake("no hypercall at all")
	if (mistakes) {
		print mistakes " mistakes: this is no recording of what the guest did" > "/dev/stderr"
		exit 1
	}
}

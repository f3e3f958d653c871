# SPDX-License-Identifier: GPL-2.0
# Pieces of a page. A module of jq.
include "numbers";
include "gallery";

def backend_mark: @html "<span class=\"mark b-\(.)\"></span>\(.)";

# The exact value stays in the page: data of a number is read by tests, and shown where the mouse is.
def value($shown; $title):
	if . == null then "<td class=\"n none\"\(if $title then @html " title=\"\($title)\"" else "" end)>–</td>"
	else @html "<td class=\"n\" title=\"\($title // .)\"><data value=\"\(.)\">\($shown)</data></td>" end;
def value: value(number; null);
def cells: map("<td>\(. // "" | @html "\(.)")</td>") | join("");
def heads: map(@html "<th scope=\"col\">\(.)</th>") | join("");
def number_heads: map(@html "<th scope=\"col\" class=\"n\">\(.)</th>") | join("");

def table($head; $class): "<div class=\"scroll\" tabindex=\"0\"><table class=\"\($class)\"><thead>\($head)</thead>", .[], "</table></div>";
def section($id; $title): "<section id=\"\($id)\"><h2>\($title)</h2>", .[], "</section>";
def details($title; $open): "<details\(if $open then " open=\"open\"" else "" end)><summary>\($title)</summary>", .[], "</details>";
def figure($alt): @html "<figure role=\"img\" aria-label=\"\($alt)\">", "<!--picture \(.)-->",
	@html "<figcaption><a href=\"pictures/\(.).png\">PNG</a> <a href=\"pictures/\(.).svg\">SVG</a></figcaption></figure>";
def gallery: "<div class=\"gallery\">", .[], "</div>";
def paragraph: "<p>\(.)</p>";
def plural($n; $one; $many): "\($n) \(if ($n | tostring) == "1" then $one else $many end)";

# "2026-11-22T21:30:00Z" as people write it.
def when: if test("T") then sub("T"; " ") | sub(":[0-9]{2}(\\.[0-9]+)?Z$"; " UTC") else . end;

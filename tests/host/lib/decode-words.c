// SPDX-License-Identifier: GPL-2.0
/* What the plugin's decoder says of each word on stdin: its kind, whether it is plain, and a marker's slot. */
#include <stdio.h>

#include "../../../bench/plugin/decode.h"
#include "../../../bench/plugin/page.h"

static const char * const kinds[COUNT_STATIC_KINDS] = {
	"other", "load", "store", "reserve", "conditional", "sync", "lwsync", "isync",
};

int main(void)
{
	unsigned int word, mark;

	while (scanf("%x", &word) == 1) {
		int slot = decode_marker(word, &mark);

		printf("%s %s", kinds[decode_kind(word)], decode_is_return(word) ? "return" :
		       decode_is_plain(word) ? "plain" : "-");
		if (slot < 0)
			printf(" -\n");
		else
			printf(" %d:%x\n", slot, mark);
	}
	return 0;
}

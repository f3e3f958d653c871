// SPDX-License-Identifier: GPL-2.0
#include "format.h"

#include <math.h>
#include <stdio.h>

const char *format_number(char *buf, size_t size, double v)
{
	double a = fabs(v);

	if (isnan(v))
		snprintf(buf, size, "-");
	else if (v == 0)
		snprintf(buf, size, "0");
	else if (a < 0.0005)
		snprintf(buf, size, "<.001");
	else if (a < 0.9995)
		snprintf(buf, size, "%.3f", v);
	else if (a < 9.995)
		snprintf(buf, size, "%.2f", v);
	else if (a < 99.95)
		snprintf(buf, size, "%.1f", v);
	else if (a < 9999.5)
		snprintf(buf, size, "%.0f", v);
	else if (a < 99950)
		snprintf(buf, size, "%.1fk", v / 1e3);
	else if (a < 999500)
		snprintf(buf, size, "%.0fk", v / 1e3);
	else
		snprintf(buf, size, "%.1fM", v / 1e6);
	return buf;
}

const char *format_us(char *buf, size_t size, double ns)
{
	return format_number(buf, size, ns / 1e3);
}

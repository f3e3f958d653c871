// SPDX-License-Identifier: GPL-2.0
/*
 * Where the tracepoints of trace.h are made, and given to tests/modules.
 */
#include "mtce.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* Those that tests/modules listens to. */
EXPORT_TRACEPOINT_SYMBOL_GPL(mtce_tce_set);
EXPORT_TRACEPOINT_SYMBOL_GPL(mtce_tce_clear);
EXPORT_TRACEPOINT_SYMBOL_GPL(mtce_kill);
EXPORT_TRACEPOINT_SYMBOL_GPL(mtce_window_unset);
EXPORT_TRACEPOINT_SYMBOL_GPL(mtce_unpin);
EXPORT_TRACEPOINT_SYMBOL_GPL(mtce_register);
EXPORT_TRACEPOINT_SYMBOL_GPL(mtce_unregister);
EXPORT_TRACEPOINT_SYMBOL_GPL(mtce_work_done);

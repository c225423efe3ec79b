#pragma once
#include "platform/observe/metrics.hpp"

namespace roost::observe {

/// Memory, CPU time, open files and start of this process, under the names every Prometheus client uses.
void add_process_metrics(registry& into);

}  // namespace roost::observe

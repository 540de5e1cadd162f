// What a shop says of itself at GET /metrics.
#pragma once

#include <string>
#include <string_view>

#include "support/customer.hpp"

namespace support {

// The value of a metric that has no labels, such as "pool_in_use"; -1 when it is not there.
double metric(const Reply& metrics, std::string_view name);

// Asks, again and again, until the metric has that value. False when it has not after
// `patience()`. It needs a worker that is free.
[[nodiscard]] bool await_metric(Customer& observer, std::string_view name, double value);

}  // namespace support

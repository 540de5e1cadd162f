// The difference of two texts as `diff -u` shows it.
#pragma once

#include <string>
#include <string_view>

namespace check {

// Empty when they are the same. A text that ends without a line end is taken as if it had one.
std::string unified_diff(std::string_view before, std::string_view after,
                         std::string_view label_before, std::string_view label_after);

}  // namespace check

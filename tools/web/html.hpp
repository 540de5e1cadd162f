// Text that becomes part of a page.
#pragma once

#include <string>
#include <string_view>

namespace web {

// Shown as it is, between tags and between quotes, whatever it says.
std::string escaped(std::string_view text);

}  // namespace web

// Text that becomes part of an SVG.
#pragma once

#include <string>
#include <string_view>

namespace tools {

// As it stands between two tags. What XML 1.0 cannot say at all, control characters, is left out.
std::string xml_text(std::string_view text);

}  // namespace tools

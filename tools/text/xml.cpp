#include "text/xml.hpp"

namespace tools {

std::string xml_text(std::string_view text) {
    std::string xml;
    for (const char c : text) {
        if (c == '&') {
            xml += "&amp;";
        } else if (c == '<') {
            xml += "&lt;";
        } else if (c == '>') {
            xml += "&gt;";
        } else if (static_cast<unsigned char>(c) >= 0x20) {
            xml += c;
        }
    }
    return xml;
}

}  // namespace tools

// Text that becomes part of a page. A header alone: the tools include it and link nothing of the shop.
#pragma once

#include <string>
#include <string_view>

namespace http {

// Shown as it is, between tags and between quotes, whatever it says.
inline std::string html_text(std::string_view text) {
    std::string html;
    html.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&':
                html += "&amp;";
                break;
            case '<':
                html += "&lt;";
                break;
            case '>':
                html += "&gt;";
                break;
            case '"':
                html += "&quot;";
                break;
            case '\'':
                html += "&#39;";
                break;
            default:
                html += c;
        }
    }
    return html;
}

}  // namespace http

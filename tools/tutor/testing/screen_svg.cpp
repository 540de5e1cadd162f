#include "tutor/testing/screen_svg.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "text/text.hpp"
#include "text/wrap.hpp"
#include "text/xml.hpp"

namespace {

constexpr double character_width = 7.83;  // of the widest font named, at 13 px
constexpr int line_height = 17;
constexpr int margin = 16;

constexpr std::string_view style = R"(<style>
text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13px;fill:#1f2328;white-space:pre}
.page{fill:#fff;stroke:#d0d7de}.b{font-weight:600}.fg{fill:#116329}.fb{fill:#a40e26}
@media screen and (prefers-color-scheme:dark){
text{fill:#e6edf3}.page{fill:#0d1117;stroke:#3d444d}.fg{fill:#56d364}.fb{fill:#ff8e87}
}
</style>
)";

std::string_view kind_of(std::string_view line) {
    const std::string_view words = tools::trimmed(line);
    if (line.starts_with("RED")) return " class=\"b fb\"";
    if (line.starts_with("GREEN")) return " class=\"b fg\"";
    if (words.starts_with("RED ")) return " class=\"fb\"";
    return words.starts_with("ok ") ? " class=\"fg\"" : "";
}

}  // namespace

std::string svg_of_screen(std::string_view rows, std::string_view title) {
    std::size_t columns = 0;
    int y = margin + 12;
    std::string lines;
    for (const std::string_view line : tools::lines_of(rows)) {
        columns = std::max(columns, tools::columns_of(line));
        if (!tools::trimmed(line).empty())
            lines += fmt::format("<text{} x=\"{}\" y=\"{}\" xml:space=\"preserve\">{}</text>\n",
                                 kind_of(line), margin, y, tools::xml_text(line));
        y += line_height;
    }
    const int width = 2 * margin + static_cast<int>(static_cast<double>(columns) * character_width);
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
        "height=\"{1}\" role=\"img\" aria-labelledby=\"t\">\n<title id=\"t\">{2}</title>\n{3}"
        "<rect class=\"page\" x=\".5\" y=\".5\" width=\"{4}\" height=\"{5}\" rx=\"6\"/>\n"
        "{6}</svg>\n",
        width, y, tools::xml_text(title), style, width - 1, y - 1, lines);
}

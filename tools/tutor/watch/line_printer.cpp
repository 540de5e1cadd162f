#include "tutor/watch/line_printer.hpp"

#include <fmt/format.h>

#include <utility>

#include "text/wrap.hpp"
#include "tutor/watch/terminal.hpp"

namespace tutor {
namespace {

constexpr std::size_t any_width = 10'000;  // the terminal breaks the lines itself

std::string cleaned(const std::string& text, bool utf8) {
    std::string clean;
    for (const std::string& line : tools::wrap(text, {any_width, utf8})) clean += line + "\n";
    return clean;
}

}  // namespace

void LinePrinter::show(const Frame& frame, bool utf8) {
    std::string text = fmt::format("{}\n\n", frame.title);
    for (const std::string& line : frame.body) text += line + "\n";
    text += "\n";
    if (!frame.note.empty()) text += frame.note + "\n";
    for (const std::string& line : lines_of_keys(frame, 90, utf8)) text += line + "\n";
    text += "Type one of these keys, and Enter. " + frame.remark + "\n";
    text = cleaned(text, utf8);
    if (text == shown_) return;
    write_out("\n" + text);
    shown_ = std::move(text);
}

}  // namespace tutor

#include "tutor/screen.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "text/text.hpp"
#include "text/wrap.hpp"

namespace tutor {
namespace {

constexpr std::size_t most_width = 100;

std::size_t width_of_text = most_width;
int error_of_output = 0;
std::function<void(std::string_view)> listener;

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view() : value;
}

// The first of the three that is set decides, as everywhere.
bool locale_is_utf8() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        std::string value(environment(name));
        if (value.empty()) continue;
        std::transform(value.begin(), value.end(), value.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
    }
    return false;
}

}  // namespace

Screen Screen::of_this_process() {
    Screen screen;
    screen.terminal_ = ::isatty(STDOUT_FILENO) == 1;
    const std::string_view kind = environment("TERM");
    screen.moves_ = screen.terminal_ && !kind.empty() && kind != "dumb";
    screen.colour_ = screen.moves_ && environment("NO_COLOR").empty();
    screen.utf8_ = screen.terminal_ && locale_is_utf8();
    winsize size = {};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        screen.columns_ = size.ws_col;
    }
    return screen;
}

Screen Screen::into(std::string& text) const {
    Screen screen = *this;
    screen.into_ = &text;
    screen.moves_ = false;
    return screen;
}

std::string Screen::painted(std::string_view text, std::string_view code) const {
    return colour_ ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string(text);
}

void Screen::print(std::string_view text) const {
    if (into_ != nullptr) {
        into_->append(text);
        return;
    }
    errno = 0;
    if (moves_) std::fputs("\r\033[K", stdout);
    std::fwrite(text.data(), 1, text.size(), stdout);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
        if (error_of_output == 0) error_of_output = errno == 0 ? EIO : errno;
    }
}

void Screen::line(std::string_view text) const {
    print(fmt::format("{}\n", text));
}

void Screen::text(std::string_view text) const {
    if (!text.empty()) print(text);
}

void Screen::passing(std::string_view text) const {
    if (moves_) print(tools::cut(text, columns_ - 1, true));
}

std::string Screen::what_was_lost() {
    return error_of_output == 0 ? "" : std::generic_category().message(error_of_output);
}

void warn(std::string_view text) {
    if (listener) {
        listener(text);
        return;
    }
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fputc('\n', stderr);
}

WarningListener::WarningListener(std::function<void(std::string_view)> hear) {
    listener = std::move(hear);
}

WarningListener::~WarningListener() {
    listener = nullptr;
}

std::size_t text_width() {
    return width_of_text;
}

void fit_text_to(std::size_t columns) {
    width_of_text = std::clamp<std::size_t>(columns, 30, most_width);
}

std::string wrapped(std::string_view text, std::size_t indent) {
    tools::WrapOptions options;
    options.columns = text_width();
    options.whole_words = true;
    options.indent = indent;
    options.hanging = indent;
    return tools::wrapped(tools::in_one_line(text), options);
}

}  // namespace tutor

// How the tutor writes on standard output: with colour and signs where they can be shown, plainly
// where they cannot.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace tutor {

class Screen {
 public:
    // Looks at standard output and the environment (NO_COLOR, TERM, the locale).
    static Screen of_this_process();
    static Screen plain() { return {}; }
    // Writes as that screen would, but to the end of `text`, which must live longer.
    Screen into(std::string& text) const;

    bool is_terminal() const { return terminal_; }
    // Whether the cursor can be moved there: not where TERM is dumb.
    bool moves() const { return moves_; }
    bool has_utf8() const { return utf8_; }
    std::size_t columns() const { return columns_; }

    std::string strong(std::string_view text) const { return painted(text, "1"); }
    std::string faint(std::string_view text) const { return painted(text, "2"); }
    std::string good(std::string_view text) const { return painted(text, "32"); }
    std::string bad(std::string_view text) const { return painted(text, "31"); }

    // Prints a line, at once.
    void line(std::string_view text = {}) const;
    // Prints a text as it is; it ends with a line end or is empty.
    void text(std::string_view text) const;
    // On a terminal: a line that the next thing printed takes the place of, cut to fit.
    // Elsewhere nothing.
    void passing(std::string_view text) const;

    // Why what was printed on standard output has not all come out; empty when it has.
    static std::string what_was_lost();

 private:
    std::string painted(std::string_view text, std::string_view code) const;
    void print(std::string_view text) const;

    bool terminal_ = false;
    bool moves_ = false;  // the cursor can go back to the start of a line
    bool colour_ = false;
    bool utf8_ = false;
    std::size_t columns_ = 80;
    std::string* into_ = nullptr;
};

// A word about what is not as it should be, on standard error; where there is a
// WarningListener, it hears it instead.
void warn(std::string_view text);

// As long as it lives, it hears what is warned of. One at a time.
class WarningListener {
 public:
    explicit WarningListener(std::function<void(std::string_view)> hear);
    WarningListener(const WarningListener&) = delete;
    WarningListener& operator=(const WarningListener&) = delete;
    ~WarningListener();
};

// `text` in lines of at most text_width(), each indented by `indent`. Words stay whole.
std::string wrapped(std::string_view text, std::size_t indent = 0);

// How long the lines of a text are, that are ours to break: 100, or less on a narrow terminal that
// has been told of.
std::size_t text_width();
void fit_text_to(std::size_t columns);

}  // namespace tutor

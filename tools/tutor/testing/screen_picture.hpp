// What a person sees on a terminal: the picture that a program's output leaves on the screen.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// Knows the sequences that the tutor uses, and throws std::runtime_error at any other.
class ScreenPicture {
 public:
    ScreenPicture(std::size_t columns, std::size_t rows);

    void add(std::string_view bytes);
    // What does not fit any more is gone, as on most terminals.
    void resize(std::size_t columns, std::size_t rows);

    // A line a row, without blanks at their ends.
    std::string text() const;
    std::string row(std::size_t number) const;  // from 0
    bool is_other_screen() const { return other_; }
    bool shows_cursor() const { return cursor_; }
    bool breaks_lines() const { return breaks_; }

 private:
    using Row = std::vector<std::string>;  // a character a column

    void put(std::string character);
    void line_feed();
    void clear();
    void obey(std::string_view sequence);
    void switch_mode(std::string_view mode, bool on);
    void erase_line(std::size_t from);

    std::size_t columns_;
    std::vector<Row> rows_;
    std::vector<Row> kept_;   // the first screen, while the other is shown
    std::vector<Row> shown_;  // instead, while a frame is not complete
    bool frozen_ = false;
    std::size_t column_ = 0;
    std::size_t row_ = 0;
    bool other_ = false;
    bool cursor_ = true;
    bool breaks_ = true;
    std::string rest_;  // of a sequence or a character that is not complete
};

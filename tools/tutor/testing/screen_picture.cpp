#include "tutor/testing/screen_picture.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace {

std::size_t length_of_character(unsigned char first) {
    return first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
}

std::size_t number_in(std::string_view text, std::size_t otherwise) {
    std::size_t number = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

}  // namespace

ScreenPicture::ScreenPicture(std::size_t columns, std::size_t rows) : columns_(columns) {
    rows_.assign(rows, Row(columns, " "));
}

void ScreenPicture::resize(std::size_t columns, std::size_t rows) {
    columns_ = columns;
    for (auto* screen : {&rows_, &kept_, &shown_}) {
        screen->resize(rows);
        for (Row& row : *screen) row.resize(columns, " ");
    }
    row_ = std::min(row_, rows - 1);
    column_ = std::min(column_, columns - 1);
}

void ScreenPicture::add(std::string_view bytes) {
    rest_ += bytes;
    std::size_t at = 0;
    while (at < rest_.size()) {
        const auto byte = static_cast<unsigned char>(rest_[at]);
        if (byte == '\033') {
            if (at + 1 >= rest_.size()) break;
            if (rest_[at + 1] != '[') throw std::runtime_error("an unknown sequence");
            std::size_t end = at + 2;
            while (end < rest_.size() && (rest_[end] < '@' || rest_[end] > '~')) ++end;
            if (end >= rest_.size()) break;
            obey(std::string_view(rest_).substr(at + 2, end - at - 1));
            at = end + 1;
        } else if (byte == '\r') {
            column_ = 0;
            ++at;
        } else if (byte == '\n') {
            line_feed();
            ++at;
        } else if (byte == '\b') {
            column_ -= std::min<std::size_t>(column_, 1);
            ++at;
        } else if (byte == '\a') {
            ++at;
        } else {
            const std::size_t length = length_of_character(byte);
            if (at + length > rest_.size()) break;
            put(rest_.substr(at, length));
            at += length;
        }
    }
    rest_.erase(0, at);
}

void ScreenPicture::put(std::string character) {
    if (column_ >= columns_) {
        if (breaks_) {
            column_ = 0;
            line_feed();
        } else {
            column_ = columns_ - 1;
        }
    }
    rows_[row_][column_++] = std::move(character);
}

void ScreenPicture::line_feed() {
    if (row_ + 1 < rows_.size()) {
        ++row_;
        return;
    }
    rows_.erase(rows_.begin());
    rows_.emplace_back(columns_, " ");
}

void ScreenPicture::clear() {
    for (Row& row : rows_) row.assign(columns_, " ");
}

void ScreenPicture::erase_line(std::size_t from) {
    for (std::size_t i = std::min(from, columns_ - 1); i < columns_; ++i) rows_[row_][i] = " ";
}

void ScreenPicture::switch_mode(std::string_view mode, bool on) {
    if (mode == "?1049") {
        if (on == other_) return;
        other_ = on;
        if (on) {
            kept_ = rows_;
            clear();
        } else {
            rows_ = kept_;
        }
    } else if (mode == "?25") {
        cursor_ = on;
    } else if (mode == "?7") {
        breaks_ = on;
    } else if (mode == "?2026") {
        if (on && !frozen_) shown_ = rows_;
        frozen_ = on;
    } else if (mode != "?2004") {
        throw std::runtime_error("an unknown mode: " + std::string(mode));
    }
}

void ScreenPicture::obey(std::string_view sequence) {
    const char what = sequence.back();
    const std::string_view numbers = sequence.substr(0, sequence.size() - 1);
    if (what == 'm') return;
    if (what == 'h' || what == 'l') {
        switch_mode(numbers, what == 'h');
    } else if (what == 'H') {
        const std::size_t semicolon = std::min(numbers.find(';'), numbers.size());
        row_ = std::min(number_in(numbers.substr(0, semicolon), 1), rows_.size()) - 1;
        const std::string_view second =
            semicolon < numbers.size() ? numbers.substr(semicolon + 1) : std::string_view();
        column_ = std::min(number_in(second, 1), columns_) - 1;
    } else if (what == 'K' && numbers.empty()) {
        erase_line(column_);
    } else if (what == 'J' && numbers == "2") {
        clear();
    } else if (what == 'J' && numbers.empty()) {
        erase_line(column_);
        for (std::size_t i = row_ + 1; i < rows_.size(); ++i) rows_[i].assign(columns_, " ");
    } else {
        throw std::runtime_error("an unknown sequence: " + std::string(sequence));
    }
}

std::string ScreenPicture::row(std::size_t number) const {
    std::string line;
    for (const std::string& character : (frozen_ ? shown_ : rows_)[number]) line += character;
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

std::string ScreenPicture::text() const {
    std::string text;
    for (std::size_t i = 0; i < rows_.size(); ++i) text += row(i) + "\n";
    return text;
}

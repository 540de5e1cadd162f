// Text of any kind, made to fit the watch's screen; and the keys that are typed there.
#include "text/wrap.hpp"

#include <clocale>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "tutor/watch/frame.hpp"
#include "tutor/watch/keys.hpp"

using Lines = std::vector<std::string>;

TEST_CASE("A long line is broken between words, and goes on indented") {
    CHECK(tutor::fit("one two three", 7, true) == Lines{"one two", "  three"});
    CHECK(tutor::fit("    at: tests/a.cpp", 12, true) ==
          Lines{"    at:", "    tests/a.", "    cpp"});
    CHECK(tutor::fit("abcdefgh", 4, true) == Lines{"abcd", " efg", " h"});
    CHECK(tutor::fit("exactly", 7, true) == Lines{"exactly"});
    CHECK(tutor::fit("\n\nx\n", 7, true) == Lines{"", "", "x"});
    CHECK(tutor::fit("", 7, true).empty());
}

TEST_CASE("Colours take no room and end with the line") {
    CHECK(tutor::columns_of("\033[31mred\033[0m") == 3);
    CHECK(tutor::fit("\033[31mred and long\033[0m", 7, true) ==
          Lines{"\033[31mred and\033[0m", "  \033[31mlong\033[0m"});
    CHECK(tutor::cut("\033[1mstrong\033[0m", 3, true) == "\033[1mstr\033[0m");
}

TEST_CASE("Nothing that a program printed moves the cursor or rings the bell") {
    CHECK(tutor::fit("a\033[2Jb\033]0;title\ac\a\bd\re\033(Bf", 80, true) == Lines{"abcdeBf"});
    CHECK(tutor::fit("a\tb", 80, true) == Lines{"a    b"});
    CHECK(tutor::fit("\033", 80, true) == Lines{""});
    CHECK(tutor::fit("\xff\xc3", 80, true) == Lines{"??"});
    CHECK(tutor::fit("a\xe2\x80\xaeu", 80, true) == Lines{"au"});  // from right to left
}

TEST_CASE("Characters are as wide as a terminal shows them, and ASCII where it must be") {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    CHECK(tutor::columns_of("日本") == 4);
    CHECK(tutor::fit("日本語", 5, true) == Lines{"日本", " 語"});
    CHECK(tutor::fit("01 · ‘a’ – é", 80, false) == Lines{"01 - 'a' - ?"});
}

TEST_CASE("A frame fills any window, and nothing sticks out of it") {
    tutor::Frame frame;
    frame.title = "RED  00, Warm-up: 1 of 2 green, 1.2 s after you saved";
    frame.body = tutor::fit("one\ntwo\nthree\nfour\nfive\nsix\nseven\neight", 80, true);
    frame.keys = {"h hint", "n next lesson", "q quit"};
    for (std::size_t rows = 1; rows <= 30; ++rows) {
        for (std::size_t columns = 1; columns <= 90; ++columns) {
            const tutor::Size size = {columns, rows};
            const auto laid_out = tutor::lay_out(frame, size, true);
            REQUIRE(laid_out.size() == rows);
            REQUIRE(laid_out.front().substr(0, 1) == "R");
            if (columns < 6) continue;
            for (const std::string& row : laid_out) REQUIRE(tutor::columns_of(row) <= columns);
        }
    }
}

TEST_CASE("What is chosen in a list stays in sight, on however many lines it is") {
    for (std::size_t height = 1; height <= 10; ++height) {
        std::size_t top = 0;
        // Down and up again, a lesson with three lines at a time.
        for (const std::size_t first : {0U, 3U, 6U, 9U, 12U, 15U, 18U, 9U, 6U, 0U}) {
            const tutor::LineRange lines = {first, 3};
            top = tutor::top_that_shows(lines, top, height);
            INFO("height " << height << ", line " << first << ", top " << top);
            CHECK(top <= first);
            CHECK(first < top + height);
            if (height >= 3) CHECK(first + 3 <= top + height);
        }
    }
}

TEST_CASE("Where there is not room for all keys, the last one is said nevertheless") {
    tutor::Frame frame;
    frame.title = "RED  00, Warm-up: 1 of 2 green, 1.2 s after you saved";
    frame.keys = {"h hint", "n next lesson", "l list", "r run the server", "x reset", "q quit"};
    for (std::size_t rows = 8; rows <= 30; ++rows) {
        for (std::size_t columns = 6; columns <= 90; ++columns) {
            INFO(columns << " x " << rows);
            REQUIRE(tutor::lay_out(frame, {columns, rows}, false).back().ends_with("q quit"));
        }
    }
}

TEST_CASE("Keys are told apart, however their bytes come") {
    tutor::Keys keys;
    CHECK(keys.add("qh") == std::vector<int>{'q', 'h'});
    CHECK(keys.add("\033[A\033[6~\r\n") == std::vector<int>{tutor::key_up, tutor::key_page_down,
                                                            tutor::key_enter, tutor::key_enter});
    CHECK(keys.add("\033").empty());
    CHECK(keys.add("[B") == std::vector<int>{tutor::key_down});
    CHECK(keys.add("\033").empty());
    CHECK(keys.unfinished());
    CHECK(keys.nothing_follows() == std::vector<int>{tutor::key_escape});
    CHECK_FALSE(keys.unfinished());
    CHECK(keys.add("\033[99;99X").empty());
}

TEST_CASE("What is pasted is no key") {
    tutor::Keys keys;
    CHECK(keys.add("\033[200~xxqq\033[201~n") == std::vector<int>{'n'});
}

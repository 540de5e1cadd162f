// Text of any kind, made to fit a screen.
#include "text/wrap.hpp"

#include <clocale>
#include <string>
#include <vector>

#include "support/catch.hpp"

using Lines = std::vector<std::string>;

TEST_CASE("A long line is broken between words, and goes on indented") {
    CHECK(tools::wrap("one two three", {7, true}) == Lines{"one two", "  three"});
    CHECK(tools::wrap("    at: tests/a.cpp", {12, true}) ==
          Lines{"    at:", "    tests/a.", "    cpp"});
    CHECK(tools::wrap("abcdefgh", {4, true}) == Lines{"abcd", " efg", " h"});
    CHECK(tools::wrap("exactly", {7, true}) == Lines{"exactly"});
    CHECK(tools::wrap("\n\nx\n", {7, true}) == Lines{"", "", "x"});
    CHECK(tools::wrap("", {7, true}).empty());
}

TEST_CASE("Words may stay whole, and lines be indented as one wishes") {
    tools::WrapOptions options;
    options.columns = 8;
    options.whole_words = true;
    options.indent = 1;
    options.hanging = 3;
    CHECK(tools::wrap("one two endlessly long", options) ==
          Lines{" one two", "   endlessly", "   long"});
    CHECK(tools::wrapped("one\n\ntwo", options) == " one\n \n two\n");
    options.hanging = 5;  // "a b" ends before it
    CHECK(tools::wrap("a b cdefg hi", options) == Lines{" a b cdefg", "     hi"});
}

TEST_CASE("Colours take no room and end with the line") {
    CHECK(tools::columns_of("\033[31mred\033[0m") == 3);
    CHECK(tools::wrap("\033[31mred and long\033[0m", {7, true}) ==
          Lines{"\033[31mred and\033[0m", "  \033[31mlong\033[0m"});
    CHECK(tools::cut("\033[1mstrong\033[0m", 3, true) == "\033[1mstr\033[0m");
}

TEST_CASE("Nothing that a program printed moves the cursor or rings the bell") {
    CHECK(tools::wrap("a\033[2Jb\033]0;title\ac\a\bd\re\033(Bf", {80, true}) == Lines{"abcdeBf"});
    CHECK(tools::wrap("a\tb", {80, true}) == Lines{"a    b"});
    CHECK(tools::wrap("\033", {80, true}) == Lines{""});
    CHECK(tools::wrap("\xff\xc3", {80, true}) == Lines{"??"});
    CHECK(tools::wrap("a\xe2\x80\xaeu", {80, true}) == Lines{"au"});  // from right to left
}

TEST_CASE("Characters are as wide as a terminal shows them, and ASCII where it must be") {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    CHECK(tools::columns_of("日本") == 4);
    CHECK(tools::wrap("日本語", {5, true}) == Lines{"日本", " 語"});
    CHECK(tools::wrap("01 · ‘a’ – é", {80, false}) == Lines{"01 - 'a' - ?"});
}

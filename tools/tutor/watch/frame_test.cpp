// How the watch's screen is laid out, and the keys that are typed there.
#include "tutor/watch/frame.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "text/wrap.hpp"
#include "tutor/watch/keys.hpp"

TEST_CASE("A frame fills any window, and nothing sticks out of it") {
    tutor::Frame frame;
    frame.title = "RED  00, Warm-up: 1 of 2 green, 1.2 s after you saved";
    frame.body = tools::wrap("one\ntwo\nthree\nfour\nfive\nsix\nseven\neight", {80, true});
    frame.keys = {"h hint", "n next lesson", "q quit"};
    for (std::size_t rows = 1; rows <= 30; ++rows) {
        for (std::size_t columns = 1; columns <= 90; ++columns) {
            const tutor::Size size = {columns, rows};
            const auto laid_out = tutor::lay_out(frame, size, true);
            REQUIRE(laid_out.size() == rows);
            REQUIRE(laid_out.front().substr(0, 1) == "R");
            if (columns < 6) continue;
            for (const std::string& row : laid_out) REQUIRE(tools::columns_of(row) <= columns);
        }
    }
}

TEST_CASE("What is chosen in a list stays in sight, on however many lines it is") {
    for (std::size_t height = 1; height <= 10; ++height) {
        std::size_t top = 0;
        // Down and up again, a lesson with three lines at a time.
        for (const std::size_t line : {0U, 3U, 6U, 9U, 12U, 15U, 18U, 9U, 6U, 0U}) {
            const tutor::LineRange lines = {line, 3};
            top = tutor::top_that_shows(lines, top, height);
            INFO("height " << height << ", line " << line << ", top " << top);
            CHECK(top <= line);
            CHECK(line < top + height);
            if (height >= 3) CHECK(line + 3 <= top + height);
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

#include "web/testing/readable_course.hpp"

#include <filesystem>

#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/testing/files.hpp"

namespace fs = std::filesystem;

void make_readable(const MiniCourse& course) {
    bring_page_files(course.root());
    const fs::path book = fs::path(LEAKLINGS_SOURCE) / "book";
    put(course.root() / "book/00_warm_up.md", tools::read_file(book / "00_warm_up.md"));
    put(course.root() / "book/README.md", tools::read_file(book / "README.md"));
    const std::string map = "pictures/00_the_shop_and_its_lessons.svg";
    put(course.root() / "book" / map, tools::read_file(book / map));
}

std::string line_has(const std::string& text) {
    return "document.querySelector('#verdict .line')?.textContent.includes('" + text + "')";
}

void open_warm_up(Browser& browser, const WebTutor& tutor) {
    browser.go(tutor.address());
    REQUIRE(browser.awaits("location.pathname === '/' && location.search === ''"));
    browser.go(tutor.base() + "/00_warm_up.html");
}

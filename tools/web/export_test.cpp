// The book as static pages.
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/paper_course.hpp"
#include "web/testing/web_tutor.hpp"

namespace fs = std::filesystem;

TEST_CASE("The exported book has all pages, pictures and the search, and nothing of this machine") {
    const PaperCourse course;
    bring_page_files(course.root());
    course.write("book/README.md",
                 "# The book\n\n[First](00_first.md), [a file](../lessons/00_first/shop.cpp)\n");
    course.write("book/pictures/00_shop.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n");
    const tools::Outcome outcome = course.learn({"web", "--export", "site"});
    INFO(outcome.output);
    REQUIRE(outcome.exit_status == 0);
    for (const char* file :
         {"index.html", "00_first.html", "01_second.html", "pictures/00_shop.svg", "assets/main.js",
          "assets/style.css", "search.json"}) {
        INFO(file);
        CHECK(course.has(std::string("site/") + file));
    }
    CHECK(has(course.read("site/index.html"), "<a href=\"00_first.html\">First</a>, a file"));
    for (const auto& entry : fs::recursive_directory_iterator(course.root() / "site")) {
        if (entry.path().extension() != ".html") continue;
        INFO(entry.path());
        const std::string page = tools::read_file(entry.path());
        CHECK_FALSE(has(page, "vscode:"));
        CHECK_FALSE(has(page, course.root().string()));
        CHECK_FALSE(has(page, "id=\"verdict\""));
        CHECK(has(page, "data-place=\"elsewhere\""));
    }
    const auto parts = nlohmann::json::parse(course.read("site/search.json"));
    CHECK(parts.size() >= 3);
    CHECK_FALSE(course.has(".learn/web.key"));
}

TEST_CASE("An export that cannot be written says so") {
    const PaperCourse course;
    bring_page_files(course.root());
    const tools::Outcome outcome = course.learn({"web", "--export", "/dev/null/site"});
    CHECK(outcome.exit_status == 2);
    CHECK(has(outcome.output, "/dev/null/site"));
}

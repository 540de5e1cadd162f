// As much of Markdown as the book is written in.
#include "text/markdown.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "text/markdown_inline.hpp"

TEST_CASE("A heading's anchor is GitHub's") {
    CHECK(tools::anchor_of("Check yourself") == "check-yourself");
    CHECK(tools::anchor_of("01 · The global session") == "01--the-global-session");
    CHECK(tools::anchor_of("What's `co_yield`, *really*?") == "whats-co_yield-really");
    CHECK(tools::anchor_of("See [the book](book.md) — all of it") == "see-the-book--all-of-it");
    CHECK(tools::anchor_of("`optional<T>` and <b>more</b>") == "optionalt-and-more");
    CHECK(tools::anchor_of("Über Öl") == "über-öl");
    CHECK(tools::anchor_of("A _stressed_ snake_case") == "a-stressed-snake_case");
}

TEST_CASE("Headings in code are none") {
    const auto headings = tools::headings_of("# One\n```sh\n# no\n```\n## Two\n#three\n");
    REQUIRE(headings.size() == 2);
    CHECK(headings[1].text == "Two");
    CHECK(headings[1].level == 2);
    CHECK(headings[1].line == 5);
}

TEST_CASE("Text is shown as it is") {
    CHECK(tools::escaped("a*b <c> [d] `e` snake_case _f") ==
          "a\\*b \\<c\\> \\[d\\] \\`e\\` snake_case \\_f");
    CHECK(tools::fenced("text", "a\n```\nb").front() == "````text");
}

TEST_CASE("A section reaches to the next heading of its level, or to the end") {
    const std::string page = "# A\n## Hints\nx\n### More\ny\n```\n## code\n```\n## Why\nz\n";
    const tools::LineSpan hints = tools::section_of(page, "Hints");
    CHECK(hints.begin == 2);
    CHECK(hints.end == 9);
    CHECK(tools::section_of(page, "Why").end == 11);
    CHECK(tools::section_of(page, "More").is_empty());
}

TEST_CASE("Details are read with their summary, and not where they are code") {
    const auto details = tools::details_of(
        "<details><summary>One</summary>\n\na\n\n</details>\n"
        "<details>\n<summary>Two</summary>\n~~~\n</details>\n~~~\n</details>\n"
        "```\n<details><summary>No</summary>\n</details>\n```\n");
    REQUIRE(details.size() == 2);
    CHECK(details[0].summary == "One");
    CHECK(details[0].lines == std::vector<std::string>{"", "a", ""});
    CHECK(details[1].line == 6);
    CHECK(details[1].lines == std::vector<std::string>{"~~~", "</details>", "~~~"});
}

// Parts of the check that are easier to try alone: Markdown, the difference of two files, lengths.
#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "text/diff.hpp"
#include "text/markdown.hpp"
#include "verify/chapter.hpp"

TEST_CASE("A heading's anchor is GitHub's") {
    CHECK(verify::anchor_of("Check yourself") == "check-yourself");
    CHECK(verify::anchor_of("01 · The global session") == "01--the-global-session");
    CHECK(verify::anchor_of("What's `co_yield`, *really*?") == "whats-co_yield-really");
    CHECK(verify::anchor_of("See [the book](book.md) — all of it") == "see-the-book--all-of-it");
    CHECK(verify::anchor_of("`optional<T>` and <b>more</b>") == "optionalt-and-more");
    CHECK(verify::anchor_of("Über Öl") == "über-öl");
    CHECK(verify::anchor_of("A _stressed_ snake_case") == "a-stressed-snake_case");
}

TEST_CASE("Headings in code are none") {
    const auto headings = verify::headings_of("# One\n```sh\n# no\n```\n## Two\n#three\n");
    REQUIRE(headings.size() == 2);
    CHECK(headings[1].text == "Two");
    CHECK(headings[1].level == 2);
    CHECK(headings[1].line == 5);
}

TEST_CASE("Text is shown as it is") {
    CHECK(verify::escaped("a*b <c> [d] `e` snake_case _f") ==
          "a\\*b \\<c\\> \\[d\\] \\`e\\` snake_case \\_f");
    CHECK(verify::fenced("text", "a\n```\nb").front() == "````text");
}

TEST_CASE("The words of a chapter are counted without code, tables and blocks") {
    verify::Findings findings;
    const verify::Chapter page(
        "x.md",
        "# Two words\n\n*and three more* — &\n\n```cpp\nint no;\n```\n| no | no |\n"
        "<!-- files -->\nno no no\n<!-- end -->\n<details><summary>One</summary>\n",
        findings);
    CHECK(findings.empty());
    CHECK(verify::count_words(page) == 6);
}

TEST_CASE("A chapter that is too short is noticed, but for the warm-up") {
    verify::Findings ignored;
    const verify::Chapter page("x.md", "# Two words\n", ignored);
    tools::Lesson any;
    const auto finds_too_short = [&] {
        const verify::Findings findings = verify::judge_form(page, any);
        return std::any_of(findings.begin(), findings.end(), [](const verify::Finding& finding) {
            return finding.expected.starts_with("between 700 and 1500 words") &&
                   finding.found == "2 words";
        });
    };
    any.number = "00";
    CHECK_FALSE(finds_too_short());
    any.number = "01";
    CHECK(finds_too_short());
}

TEST_CASE("A difference is the one that diff -u shows") {
    CHECK(tools::unified_diff("a\n", "a\n", "x", "y").empty());
    CHECK(tools::unified_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "x",
                              "y") ==
          "--- x\n+++ y\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
    CHECK(tools::unified_diff("", "a\nb\n", "/dev/null", "y") ==
          "--- /dev/null\n+++ y\n@@ -0,0 +1,2 @@\n+a\n+b\n");
    const std::string far = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    CHECK(
        tools::unified_diff("a\n" + far + "b\n", "A\n" + far + "B\n", "x", "y") ==
        "--- x\n+++ y\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -8,4 +8,4 @@\n 7\n 8\n 9\n-b\n+B\n");
    const std::string near = "1\n2\n3\n4\n5\n6\n";
    CHECK(tools::unified_diff("a\n" + near + "b\n", "A\n" + near + "B\n", "x", "y") ==
          "--- x\n+++ y\n@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
}

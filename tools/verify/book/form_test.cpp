// What every chapter has: its length, its questions, the answers that it speaks of.
#include "verify/book/form.hpp"

#include <algorithm>
#include <string>

#include "support/catch.hpp"
#include "verify/book/answer_blocks.hpp"

TEST_CASE("The words of a chapter are counted without what is not read at a stretch") {
    verify::Findings findings;
    const verify::BookPage page(
        "x.md",
        "# Two words\n\n*and three more* — &\n\n```cpp\nint no;\n```\n| no | no |\n"
        "<!-- files -->\nno no no\n<!-- end -->\n<b>One</b>\n"
        "![No\nno](no.svg)\n\n## Hints\n\n- No.\n\n## Elsewhere\n\n- No.\n\n"
        "## Check yourself\n\n- No?\n",
        findings);
    CHECK(findings.empty());
    CHECK(verify::count_words(page) == 6);
}

TEST_CASE("A chapter that is too short is noticed, but for the warm-up") {
    verify::Findings ignored;
    const verify::BookPage page("x.md", "# Two words\n", ignored);
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

TEST_CASE("Questions are as few and as well-formed as a reader likes them") {
    const std::string good =
        "**1. Why?**\n\n- a) A.\n- b) B.\n- c) C.\n\n"
        "<details><summary>Answer</summary>\n\n**b.** So.\n\n- a) No.\n- c) No.\n\n</details>\n";
    const auto finds = [](const std::string& questions, const std::string& expected) {
        verify::Findings ignored;
        const verify::BookPage page("x.md", "## Check yourself\n\n" + questions, ignored);
        const verify::Findings findings = verify::judge_form(page, tools::Lesson{});
        return std::any_of(findings.begin(), findings.end(), [&](const verify::Finding& each) {
            return each.expected.starts_with(expected);
        });
    };
    CHECK(finds(good, "3 to 5 questions"));
    CHECK(finds("**1. Why?\n" + good, "**1. …?**"));
    CHECK_FALSE(finds("- Why?\n", "3 to 5 questions"));
}

TEST_CASE("An answer that the text names is shown, and one that is shown is named") {
    const std::string head = "## Why\n\n### Answers that look right\n\n";
    const std::string block = "<!-- answer wrong_a -->\n`wrong_b`\n<!-- end -->\n";
    const auto finds = [&](const std::string& text, const std::string& expected) {
        verify::Findings ignored;
        const verify::BookPage page("x.md", head + text, ignored);
        const verify::Findings findings = verify::judge_form(page, tools::Lesson{});
        return std::any_of(findings.begin(), findings.end(), [&](const verify::Finding& each) {
            return each.expected.starts_with(expected);
        });
    };
    const std::string shown = "a block <!-- answer wrong_a -->";
    const std::string named = "a sentence on wrong_a";
    CHECK(finds("- *A* (`wrong_a`).\n", shown));
    CHECK(finds(block, named));
    CHECK_FALSE(finds("- *A* (`wrong_a`).\n\n" + block, shown));
    CHECK_FALSE(finds("- *A* (`wrong_a`).\n\n" + block, "a block <!-- answer wrong_b -->"));
    CHECK_FALSE(finds("- *A* (`wrong_a`).\n\n" + block, named));
    CHECK_FALSE(finds("- *A*.\n\n## Elsewhere\n\n`wrong_a`\n", shown));
}

TEST_CASE("A test that the text names as rejecting an answer is there") {
    const auto finds = [](const std::string& text) {
        verify::Findings ignored;
        const verify::BookPage page("x.md", "## Why\n\n### Answers that look right\n\n" + text,
                                    ignored);
        tools::Test test;
        test.name = "Bob gets his two teapots";
        return verify::judge_tests_named(page, {test}).size();
    };
    CHECK(finds("- *A*. He does not: \"Bob gets\n  his two teapots\".\n") == 0);
    CHECK(finds("- *A*. She waits, so \"Alice gets her two teapots\" is red.\n") == 1);
    CHECK(finds("- *A*. She is told \"sold out\", and `f(\"so is he or so\")`.\n") == 0);
    CHECK(finds("<!-- answer wrong_a -->\n\"Alice gets her two teapots\"\n<!-- end -->\n") == 0);
    CHECK(finds("- *A*.\n\n## Elsewhere\n\n\"Alice gets her two teapots\"\n") == 0);
}

TEST_CASE("Of a long difference the parts that add most code are shown, in their order") {
    const std::string small = "--- a\n+++ a\n@@ -1 +1 @@\n-one();\n+two();\n";
    const std::string none = "@@ -5 +5,3 @@\n-// x\n+// y\n+#include <y>\n+\n";
    const std::string big = "@@ -9 +9,3 @@\n-x();\n+y();\n+z();\n";
    const std::string other = "--- b\n+++ b\n@@ -1,4 +0,0 @@\n-one();\n-two();\n-three();\n";
    const std::string diff = small + none + big + other;
    const auto shown = [&](std::size_t most_lines) { return verify::shown_of(diff, most_lines); };
    CHECK(shown(20).is_whole);
    CHECK(shown(20).text == diff);
    CHECK_FALSE(shown(19).is_whole);
    CHECK(shown(15).text == small + "…\n" + big + other);
    CHECK(shown(13).text == small + "…\n" + big + "--- b\n+++ b\n@@ -1,4 +0,0 @@\n-one();\n…\n");
    CHECK(shown(12).text == small + "…\n" + big + "…\n");
    CHECK(shown(8).text == "--- a\n+++ a\n@@ -1 +1 @@\n-one();\n…\n" + big + "…\n");
    CHECK(shown(6).text == "--- a\n+++ a\n…\n" + big + "…\n");
    CHECK(shown(5).text == "--- a\n+++ a\n…\n@@ -9 +9,3 @@\n-x();\n+y();\n…\n");
}

TEST_CASE("Of a long difference without code as much is shown as there is room for") {
    CHECK(verify::shown_of("--- a\n+++ a\n@@ -1,2 +1 @@\n-// One.\n-// Two.\n+// x\n", 4).text ==
          "--- a\n+++ a\n@@ -1,2 +1 @@\n-// One.\n…\n");
}

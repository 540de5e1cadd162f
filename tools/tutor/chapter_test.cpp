// What the tutor reads out of a chapter.
#include "tutor/chapter.hpp"

#include "support/catch.hpp"

TEST_CASE("The story is the italic line below the title") {
    CHECK(tutor::parse_chapter("# 01 · A\n\n*Bob's review vanished.*\n\n**Time:** 5\n").story ==
          "Bob's review vanished.");
    CHECK(tutor::parse_chapter("# 01 · A\n\n*It runs on\nover two lines.*\n").story ==
          "It runs on over two lines.");
    CHECK(tutor::parse_chapter("# 01 · A\n\n**Time:** 5\n\n## The story\n*No.*\n").story.empty());
}

TEST_CASE("Hints are the details of their own section only") {
    const tutor::Chapter chapter = tutor::parse_chapter(
        "## Your task\n<details><summary>Not this</summary>\nno\n</details>\n"
        "## Hints\n"
        "<details><summary>One</summary>\n\nfirst\nparagraph\n\nsecond\n\n<!-- diff -->\n<!-- end "
        "-->\n</details>\n"
        "<details>\n<summary>Two</summary>\n\n- a\n- b\n\n```cpp\n## not a heading\n"
        "</details>\n```\n\n</details>\n"
        "## Why\n<details><summary>Nor this</summary>\nno\n</details>\n");
    REQUIRE(chapter.hints.size() == 2);
    CHECK(chapter.hints[0].summary == "One");
    CHECK(chapter.hints[0].text == "first paragraph\n\nsecond\n");
    CHECK(chapter.hints[1].summary == "Two");
    CHECK(chapter.hints[1].text == "- a\n- b\n\n    ## not a heading\n    </details>\n");
}

TEST_CASE("A chapter that is not there has no story and no hints") {
    const tutor::Chapter chapter = tutor::read_chapter("/there/is/no/such/chapter.md");
    CHECK(chapter.story.empty());
    CHECK(chapter.hints.empty());
}

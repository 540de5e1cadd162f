// The book as HTML: what becomes a tag, what stays text, and what a chapter has besides.
#include "web/markdown_html.hpp"

#include <optional>
#include <string>

#include "support/catch.hpp"
#include "tutor/testing/files.hpp"
#include "web/chapter_html.hpp"

namespace {

std::optional<std::string> as_it_is(std::string_view address) {
    return std::string(address);
}

std::string html_of_text(const std::string& markdown) {
    std::string html;
    for (const web::Piece& piece : web::pieces_of(markdown, as_it_is)) html += piece.html;
    return html;
}

constexpr const char* a_chapter = R"(# 01 · A lesson

*A disease.*

## The story

It went wrong.

## See it

<!-- server -->
```console
$ ./learn run 01
```
<!-- end -->

## Your task

Mend it.

## Hints

<details>
<summary>Where?</summary>

In the number.

</details>

<details><summary>The answer</summary>

Seven.

</details>

## Why

Because of the number.

### Answers that look right

Six.

## Check yourself

**1. Why is `six` wrong?**

- a) It is even.
- b) It is **not** seven.
- c) It is too <b>small</b>.

<details><summary>Answer</summary>

**b.** Seven is seven.

- a) So is eight.
- c) Five is smaller.

</details>

Next: [02](02_leak.md).
)";

}  // namespace

TEST_CASE("Of raw HTML only details and summary become tags") {
    const std::string html = html_of_text(
        "<details><summary>A &lt;b&gt; & more</summary>\n\nText.\n\n</details>\n\n"
        "<script>alert(1)</script>\n\nIn a line: <img src=x onerror=alert(1)> and <b>bold</b>.\n\n"
        "<details open onclick=\"alert(1)\">\n\n<iframe src=\"http://evil.example\"></iframe>\n");
    CHECK(has(html, "<details><summary>A &lt;b&gt; &amp; more</summary>"));
    CHECK(has(html, "&lt;script&gt;alert(1)&lt;/script&gt;"));
    CHECK(has(html, "&lt;img src=x onerror=alert(1)&gt; and &lt;b&gt;bold&lt;/b&gt;"));
    CHECK(has(html, "&lt;details open onclick"));
    for (const char* tag : {"<script", "<img", "<iframe", "<b>", "<details open"}) {
        INFO(tag);
        CHECK_FALSE(has(html, tag));
    }
}

TEST_CASE("Comments are left out, also unfinished ones and those in a paragraph") {
    const std::string html = html_of_text(
        "<!-- tests -->\n\nA line <!-- with one --> of it.\n\n<!-- no end <script>x</script>\n");
    CHECK(has(html, "A line  of it."));
    CHECK_FALSE(has(html, "<!--"));
    CHECK_FALSE(has(html, "script"));
}

TEST_CASE("What is folded away ends with the page, and no end tag is left over") {
    CHECK(has(html_of_text("<details>\n\nText.\n"), "</details>"));
    CHECK_FALSE(has(html_of_text("</details>\n\nText.\n"), "details"));
}

TEST_CASE("No link leads to a program, and one that leads nowhere is its words") {
    const std::string html = html_of_text(
        "[a](javascript:alert(1)) [b](DATA:text/html,x) [c](https://example.org/) ![d](vbscript:x) [e](x.html)");
    CHECK(
        has(html, "<p>a b <a href=\"https://example.org/\">c</a> d <a href=\"x.html\">e</a></p>"));
    const auto nowhere = [](std::string_view) { return std::optional<std::string>(); };
    CHECK(web::inline_html("[**bold** words](../lessons/01/shop.cpp)", nowhere) ==
          "<strong>bold</strong> words");
}

TEST_CASE("A heading has the anchor that GitHub gives it, and the second of a name another") {
    const auto pieces = web::pieces_of("## It's `done`\n\n## It's done\n", as_it_is);
    REQUIRE(pieces.size() == 2);
    CHECK(pieces[0].id == "its-done");
    CHECK(has(pieces[0].html, "<h2 id=\"its-done\">It's <code>done</code></h2>"));
    CHECK(pieces[1].id == "its-done-1");
}

TEST_CASE("Tables are tables, and what is in them is escaped") {
    const std::string html = html_of_text("| a | b |\n| --- | --- |\n| `<x>` | <y> |\n");
    CHECK(has(html, "<td><code>&lt;x&gt;</code></td>"));
    CHECK(has(html, "<td>&lt;y&gt;</td>"));
}

TEST_CASE("A chapter's hints are numbered, its Why is folded, its questions can be answered") {
    const web::BookPage page = web::page_from(a_chapter, as_it_is);
    CHECK(page.title == "01 · A lesson");
    CHECK(has(
        page.html,
        "<details class=\"hint\" data-hint=\"1\" data-stage=\"0\">\n<summary>Where?</summary>"));
    CHECK(has(
        page.html,
        "<details class=\"hint\" data-hint=\"2\" data-stage=\"0\"><summary>The answer</summary>"));
    CHECK_FALSE(has(page.html, "data-hint=\"3\""));
    CHECK(has(page.html, "<details class=\"why\">\n<summary><h2 id=\"why\">Why</h2>"));
    CHECK(has(page.html, "<div class=\"block\" data-kind=\"server\">"));
    CHECK(has(page.html, "data-right=\"b\""));
    CHECK(has(page.html, "Why is <code>six</code> wrong?"));
    CHECK(has(page.html, "It is too &lt;b&gt;small&lt;/b&gt;."));
    CHECK(has(page.html, "<p data-for=\"a\"><strong>a.</strong> So is eight.</p>"));
    CHECK(has(page.html, "<p>Next: <a href=\"02_leak.md\">02</a>.</p>"));
}

TEST_CASE("A hint says which stage it belongs to") {
    const web::BookPage page = web::page_from(
        "# 03 · X\n\n## Your task\n\n## Hints\n\n<details>\n<summary>Stage 2: What of *it*?</summary>\n\n"
        "Stage 3: no.\n\n</details>\n\n<details><summary>The answer</summary>\n\nSo.\n\n</details>\n\n## Why\n",
        as_it_is);
    CHECK(has(page.html, "data-hint=\"1\" data-stage=\"2\""));
    CHECK(has(page.html, "data-hint=\"2\" data-stage=\"0\""));
}

TEST_CASE("The search knows a page by its headings, and neither hints nor answers") {
    const web::BookPage page = web::page_from(a_chapter, as_it_is);
    std::string headings;
    std::string texts;
    for (const auto& part : page.parts) {
        headings += part.heading + "|";
        texts += part.text + "|";
    }
    CHECK(headings == "01 · A lesson|The story|See it|Your task|Why|Answers that look right|");
    CHECK(has(texts, "It went wrong."));
    CHECK_FALSE(has(texts, "In the number."));
    CHECK_FALSE(has(texts, "Five is smaller."));
}

TEST_CASE("Questions that are written otherwise are shown as they are") {
    std::string other = a_chapter;
    other.replace(other.find("**b.** Seven"), 6, "Right:");
    const web::BookPage page = web::page_from(other, as_it_is);
    CHECK_FALSE(has(page.html, "data-right"));
    CHECK(has(page.html, "Seven is seven."));
}

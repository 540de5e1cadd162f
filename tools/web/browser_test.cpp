// The pages in a real browser, as a learner has them.
#include <csignal>
#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/guarded_compiler.hpp"
#include "tutor/testing/mini_course.hpp"
#include "tutor/testing/paper_course.hpp"
#include "tutor/testing/staged_lesson.hpp"
#include "web/testing/browser.hpp"
#include "web/testing/readable_course.hpp"
#include "web/testing/web_tutor.hpp"

namespace fs = std::filesystem;

namespace {

// What sticks out of the page to the right.
constexpr const char* sticking_out =
    "[...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && "
    "!e.closest('pre, .table, .picture, .skip, .hidden')).map((e) => e.tagName + '.' + e.className).slice(0, 3)";

// The verdicts that the page shows from now on, one after the other.
constexpr const char* shown_verdicts = "window.shownVerdicts";
void keep_verdicts(Browser& browser) {
    browser.value(
        "(() => { window.shownVerdicts = []; new MutationObserver(() => { const shown = "
        "document.querySelector('#verdict .line strong')?.textContent; if (shown && "
        "shownVerdicts.at(-1) !== shown) shownVerdicts.push(shown); })"
        ".observe(document.getElementById('verdict'), { childList: true, subtree: true }); })()");
}

}  // namespace

TEST_CASE("In a browser a lesson goes from red to green beside its chapter") {
    const MiniCourse course;
    make_readable(course);
    const WebTutor tutor(course.root());
    Browser browser;
    open_warm_up(browser, tutor);
    REQUIRE(browser.awaits(line_has("RED 1 of 2 green")));
    browser.picture("red");
    CHECK(browser.value("document.querySelector('#verdict h3').textContent") ==
          "Every item's page shows that item");
    CHECK(browser.value("document.querySelector('details.why').open") == false);

    browser.press("o");
    REQUIRE(browser.awaits("document.querySelector('dialog.timeline .now b')"));
    browser.picture("timeline");
    const std::string now = "document.querySelector('dialog.timeline .now').textContent";
    const auto before = browser.value(now);
    browser.press(Browser::right);
    CHECK(browser.value(now) != before);
    // The same test on the solution, beside it.
    browser.click("dialog.timeline .stepping button");
    REQUIRE(browser.awaits(
        "document.querySelectorAll('dialog.timeline .sides > section').length === 2"));
    CHECK(browser.value("document.querySelectorAll('.sides > :last-child .message').length") == 0);
    browser.picture("two_timelines");
    browser.press(Browser::escape);
    CHECK(browser.awaits("!document.querySelector('dialog')"));

    browser.press("h");
    CHECK(browser.awaits("document.querySelector('details.hint').open"));
    const auto counted = tutor.await(
        [](const nlohmann::json& state) { return state.at("lessons")[0]["hints"] == 1; });
    CHECK(counted);

    browser.press("d");
    REQUIRE(browser.awaits("document.querySelector('dialog .difference')"));
    CHECK(browser.value("document.querySelector('.difference .plus').textContent.includes('+')") ==
          true);
    browser.picture("difference");
    browser.press(Browser::escape);
    CHECK(browser.awaits("!document.querySelector('dialog')"));

    course.write(course.solution());
    CHECK(browser.awaits(line_has("GREEN 2 of 2 green")));
    CHECK(browser.awaits("document.querySelector('details.why').open"));
    browser.picture("green");
    CHECK(course.state_of(0) == "done");
    CHECK(browser.complaints() == "");
}

TEST_CASE(
    "In a browser the verdict is of what is saved as the compiler ends, and no other is shown") {
    const MiniCourse course;
    make_readable(course);
    const GuardedCompiler compiler(course);
    course.write("#error it does not compile\n" + course.starter());
    const WebTutor tutor(course.root());
    Browser browser;
    open_warm_up(browser, tutor);
    REQUIRE(browser.awaits(line_has("Building 00_warm_up.tests")));
    keep_verdicts(browser);
    REQUIRE(compiler.before.await());
    course.write(course.starter());
    compiler.before.let_go_on();
    REQUIRE(compiler.after.await());
    course.write(course.solution());
    compiler.after.let_go_on();
    CHECK(browser.awaits(line_has("GREEN 2 of 2 green")));
    CHECK(browser.value(shown_verdicts) == Browser::Json({"GREEN"}));
    CHECK(browser.complaints() == "");
}

TEST_CASE(
    "In a browser a lesson that crashes, floods or loops is told in words, and becomes green") {
    const MiniCourse course;
    make_readable(course);
    const WebTutor tutor(course.root(), 0, {{"LEAKLINGS_PATIENCE", "1"}});
    Browser browser;
    open_warm_up(browser, tutor);
    REQUIRE(browser.awaits(line_has("RED 1 of 2 green")));
    const auto says = [&](const std::string& what) {
        return browser.awaits("document.querySelector('#verdict .body').innerText.includes('" +
                              what + "')");
    };
    course.write(course.starter_with("volatile int* nowhere = nullptr; *nowhere = 1;"));
    CHECK(says("It touched memory that is not there."));
    CHECK(browser.awaits(line_has("RED 0 of 2 green")));
    browser.picture("crashed");
    course.write(course.starter_with("for (;;) fmt::print(\"{:1000}\\n\", request.path);"));
    CHECK(says("It printed without an end"));
    CHECK(browser.awaits(line_has("RED 0 of 2 green")));
    CHECK(browser.value("document.getElementById('verdict').innerText.length") < 20'000);
    course.write(course.starter_with("for (volatile int i = 0;; i = i + 1) continue;"));
    CHECK(says("HANG: "));
    CHECK(says("alice GET /items/1"));
    CHECK(browser.awaits(line_has("RED 0 of 2 green")));
    course.write(course.solution());
    CHECK(browser.awaits(line_has("GREEN 2 of 2 green")));
    CHECK(browser.complaints() == "");
}

TEST_CASE("In a browser a lesson's stages come one after the other, and so do their hints") {
    const MiniCourse course;
    make_readable(course);
    const StagedLesson lesson(course);
    const WebTutor tutor(course.root());
    Browser browser;
    browser.go(tutor.address());
    REQUIRE(browser.awaits("location.pathname === '/' && location.search === ''"));
    browser.go(tutor.base() + "/01_second_day.html");
    const std::string hints =
        "[...document.querySelectorAll('details.hint')].filter((hint) => !hint.hidden).length";
    REQUIRE(browser.awaits(line_has("RED stage 1 of 2: 0 of 1 green")));
    browser.picture("stages");
    CHECK(browser.value("document.querySelector('.tests h3').textContent") ==
          "Stage 1, The kettle: 0 of 1 green");
    const std::string folded = "document.querySelector('.tests details.folded')";
    CHECK(browser.value(folded + ".open") == false);
    CHECK(browser.value(folded + ".querySelector('summary').textContent") ==
          "Stage 2: 1 more red test");
    CHECK(browser.value("document.querySelector('#contents [data-lesson=\"01_second_day\"] "
                        ".state').textContent") == "stage 1 of 2");
    CHECK(browser.value(hints) == 3);

    lesson.write(lesson.shop_with("wanted < 3 ? wanted : 1"));
    REQUIRE(browser.awaits(line_has("RED stage 2 of 2: 0 of 1 green")));
    CHECK(browser.value("document.querySelector('.tests details.folded')") == nullptr);
    CHECK(browser.value(hints) == 4);
    browser.press("h");
    CHECK(browser.awaits("document.querySelectorAll('details.hint')[2].open"));
    CHECK(browser.value("document.querySelector('details.hint').open") == false);
    CHECK(browser.complaints() == "");
}

TEST_CASE("In a browser nothing that a learner's file says becomes markup") {
    const MiniCourse course;
    make_readable(course);
    course.write("static_assert(false, \"<img src=x onerror=document.title=1><b>bold</b>\");\n" +
                 course.starter());
    const WebTutor tutor(course.root());
    Browser browser;
    open_warm_up(browser, tutor);
    REQUIRE(browser.awaits(line_has("NOT BUILT")));
    browser.picture("not_built");
    CHECK(browser.value(
              "document.querySelector('#verdict .said').textContent.includes('<img src=x')") ==
          true);
    CHECK(browser.value("document.querySelectorAll('#verdict img, #verdict .said b').length") == 0);
    CHECK(browser.value("document.title") != "1");
}

TEST_CASE("Two pages show the same, and the tutor may be stopped and started under them") {
    const MiniCourse course;
    make_readable(course);
    Browser browser;
    const std::string first = browser.window();
    int port = 0;
    {
        WebTutor tutor(course.root());
        port = tutor.port();
        open_warm_up(browser, tutor);
        REQUIRE(browser.awaits(line_has("RED 1 of 2 green")));
        browser.open_window();
        browser.go(tutor.base() + "/00_warm_up.html");
        REQUIRE(browser.awaits(line_has("RED 1 of 2 green")));
        tutor.send(SIGINT);
        CHECK(tutor.end() == 0);
    }
    CHECK(browser.awaits("!document.getElementById('connection').hidden"));
    browser.picture("lost");
    course.write(course.solution());
    const WebTutor again(course.root(), port);
    CHECK(browser.awaits(line_has("GREEN 2 of 2 green")));
    CHECK(browser.value("document.getElementById('connection').hidden") == true);
    browser.switch_to(first);
    CHECK(browser.awaits(line_has("GREEN 2 of 2 green")));
}

TEST_CASE("In a browser keys alone lead to everything, and the focus can be seen") {
    const MiniCourse course;
    make_readable(course);
    const WebTutor tutor(course.root());
    Browser browser;
    open_warm_up(browser, tutor);
    REQUIRE(browser.awaits(line_has("RED 1 of 2 green")));
    const std::string here = "document.activeElement";
    browser.press(Browser::tab);
    CHECK(browser.value(here + ".className") == "skip");
    int without_outline = 0;
    for (int i = 0; i < 60; ++i) {
        browser.press(Browser::tab);
        if (browser.value(
                "(() => { const e = " + here +
                "; return e !== document.body && getComputedStyle(e).outlineStyle === 'none'; })()") ==
            true)
            ++without_outline;
    }
    CHECK(without_outline == 0);

    browser.press(Browser::escape);
    browser.value("document.activeElement.blur()");
    browser.press("/");
    CHECK(browser.value(here + ".id") == "words");
    browser.press("teapot");
    REQUIRE(browser.awaits("document.querySelector('#found li a')"));
    browser.picture("search");
    browser.press(Browser::down);
    browser.press(Browser::enter);
    CHECK(browser.awaits("document.getElementById('found').hidden"));

    browser.value("document.activeElement.blur()");
    browser.press("?");
    CHECK(browser.awaits("document.querySelector('dialog .keys')"));
    browser.press(Browser::escape);
    CHECK(browser.awaits("!document.querySelector('dialog')"));
    browser.press("x");
    CHECK(browser.awaits("document.querySelector('dialog .danger')"));
    CHECK(browser.value(here + ".textContent.slice(0, 20)") == "Leave it");
    browser.press(Browser::enter);
    CHECK(browser.awaits("!document.querySelector('dialog')"));
}

TEST_CASE(
    "In a browser the shop is started with its button, and a command of the chapter shows what came back") {
    const MiniCourse course;
    make_readable(course);
    WebTutor tutor(course.root());
    Browser browser;
    open_warm_up(browser, tutor);
    REQUIRE(browser.awaits(line_has("RED 1 of 2 green")));
    browser.click(".stage button");
    REQUIRE(browser.awaits(
        "document.querySelector('.stage .note').textContent === 'The shop is open.'"));
    browser.click(".block[data-kind=shell] button.run");
    const std::string results =
        "document.querySelector('.block[data-kind=shell] .live').textContent";
    CHECK(browser.awaits(results + ".includes('\"Teapot\"')"));
    CHECK(browser.value(results + ".startsWith('$ curl -s localhost:8080/items/1')") == true);
    browser.value("document.querySelector('.stage').scrollIntoView({ block: 'center' })");
    browser.picture("see_it");

    // The solution's as well, and requests of one's own to both.
    browser.click(".stage button:nth-of-type(4)");
    REQUIRE(
        browser.awaits("document.querySelector('.stage .note').textContent.includes('closed')"));
    browser.click(".stage button:nth-of-type(3)");
    REQUIRE(browser.awaits(
        "document.querySelector('.stage .note').textContent === 'Both shops are open.'"));
    browser.click(".live-stage details.own > summary");
    browser.value("document.querySelector('form.own [name=path]').value = '/items/2'");
    browser.click("form.own button[type=submit]");
    const std::string replies =
        "[...document.querySelectorAll('.replies pre')].map((e) => e.textContent)";
    CHECK(browser.awaits(replies + ".length === 2 && " + replies + "[0].includes('Teapot') && " +
                         replies + "[1].includes('Kettle')"));
    browser.value("document.querySelector('form.own [name=path]').value = 'http://example.org/'");
    browser.click("form.own button[type=submit]");
    CHECK(browser.awaits(
        "document.querySelector('form.own .note').textContent.includes('The path begins with /')"));
    CHECK(browser.awaits("document.querySelectorAll('.column .chart .line').length >= 2"));
    browser.click(".bank button[data-mood=holding]");
    CHECK(browser.awaits(
        "document.querySelector('.bank [data-mood=holding]').ariaPressed === 'true'"));
    browser.picture("both_shops");
    browser.click(".stage button:nth-of-type(5)");
    CHECK(
        browser.awaits("document.querySelector('.stage .note').textContent.includes('signal 9')"));
    browser.click(".stage button:nth-of-type(6)");
    CHECK(browser.awaits(
        "document.querySelector('.stage .note').textContent === 'Both shops are open.'"));
    // A save closes it, as in the watch.
    course.write(course.solution());
    CHECK(browser.awaits(
        "document.querySelector('.stage .note').textContent.includes('because you saved')"));
    CHECK(browser.awaits(line_has("GREEN 2 of 2 green")));
}

TEST_CASE("In a browser what the book has seen is shown when the reader has said what she thinks") {
    const PaperCourse course;
    bring_page_files(course.root());
    course.write(
        "book/00_first.md",
        "# 00 · First\n\n## See it\n\nTry it:\n\n<!-- shell -->\n```console\n$ echo one\none\n```\n"
        "<!-- end -->\n\nAnd now, what will it say?\n\n<!-- shell -->\n```console\n$ echo \\\n> two\n"
        "two\n```\n<!-- end -->\n");
    const WebTutor tutor(course.root());
    Browser browser;
    browser.go(tutor.address());
    REQUIRE(browser.awaits("location.search === ''"));
    const std::string texts =
        "[...document.querySelectorAll('.block')].map((e) => e.innerText.trim())";
    const auto open = [&] {
        browser.go(tutor.base() + "/00_first.html");
        REQUIRE(browser.awaits("document.querySelectorAll('.block').length === 2"));
    };
    open();
    CHECK(browser.value(texts) == Browser::Json({"$ echo one\none", "$ echo \\\n> two"}));
    browser.value("document.querySelector('.predict input').value = '<b>three</b>'");
    browser.click(".predict button.primary");
    CHECK(browser.value(texts + "[1]") == "$ echo \\\n> two\ntwo");
    CHECK(browser.value("document.querySelector('.predicted q').textContent") == "<b>three</b>");
    open();  // it is not asked again
    CHECK(browser.value(texts + "[1]") == "$ echo \\\n> two\ntwo");
    CHECK(browser.value("document.querySelector('.predict')") == nullptr);
    browser.value("localStorage.clear()");
    open();
    browser.click(".predict button:not(.primary)");
    CHECK(browser.value(texts + "[1]") == "$ echo \\\n> two\ntwo");
    CHECK(browser.value("document.querySelector('.predicted')") == nullptr);
}

TEST_CASE("In a browser a question says whether the answer is right, and why") {
    const MiniCourse course;
    make_readable(course);
    const WebTutor tutor(course.root());
    Browser browser;
    open_warm_up(browser, tutor);
    const std::string outcome = "document.querySelector('.question .outcome')?.textContent";
    browser.click(".question input[value=a]");
    browser.click(".question .checking button");
    CHECK(browser.awaits(outcome + ".includes('Not this one')"));
    CHECK(browser.value(outcome + ".includes('A log could have them')") == true);
    browser.click(".question input[value=b]");
    CHECK(browser.value(outcome) == "");
    browser.click(".question .checking button");
    CHECK(browser.awaits(outcome + ".includes('Right')"));
    // It is kept, and shown again.
    CHECK(browser.awaits("document.querySelector('.question').dataset.kept === 'b'"));
    const auto answered = [&] { return course.learn({"quiz", "00", "--json"}).output; };
    CHECK(has(answered(), "\"right\": 1"));
    browser.go(tutor.base() + "/00_warm_up.html");
    CHECK(browser.awaits(outcome + "?.includes('Right')"));
    CHECK(browser.value("document.querySelector('.question input[value=b]').checked") == true);
    browser.value("document.querySelector('.quiz').scrollIntoView()");
    browser.picture("quiz");
}

TEST_CASE(
    "No page of the book scrolls sideways, on a screen of 360 pixels or at 200 %, and each asks only us") {
    const PaperCourse course;
    bring_page_files(course.root());
    const fs::path book = fs::path(LEAKLINGS_SOURCE) / "book";
    for (const auto& entry : fs::recursive_directory_iterator(book)) {
        if (entry.is_regular_file())
            course.write("book/" + entry.path().lexically_relative(book).string(),
                         tools::read_file(entry.path()));
    }
    const WebTutor tutor(course.root());
    Browser browser;
    browser.go(tutor.address());
    REQUIRE(browser.awaits("location.search === ''"));
    for (const auto& entry : fs::directory_iterator(book)) {
        const std::string stem = entry.path().stem().string();
        if (entry.path().extension() != ".md" || stem == "SUMMARY") continue;
        const std::string page = stem == "README" ? "index" : stem;
        for (const int width : {360, 640}) {  // 640: what 1280 have at 200 %
            INFO(page << " at " << width);
            browser.resize(width, 740);
            browser.go(tutor.base() + "/" + page + ".html");
            CHECK(browser.value("document.documentElement.scrollWidth <= innerWidth") == true);
            CHECK(browser.value(sticking_out) == Browser::Json::array());
        }
        INFO(page);
        CHECK(browser.value("document.querySelectorAll('h1').length") == 1);
        CHECK(
            browser.value(
                "[...document.images].filter((i) => !i.alt || (i.complete && !i.naturalWidth)).length") ==
            0);
        CHECK(browser.value(
                  "[...document.querySelectorAll('button, a[href], input')].filter((e) => "
                  "!(e.textContent.trim() || e.ariaLabel || e.labels?.length)).length") == 0);
        CHECK(browser.value("performance.getEntriesByType('resource').every((e) => "
                            "new URL(e.name).origin === location.origin)") == true);
        CHECK(browser.value("[...document.querySelectorAll('#text a[href^=\"#\"]')].every((a) => "
                            "document.getElementById(decodeURIComponent(a.hash.slice(1))))") ==
              true);
    }
    CHECK(browser.complaints() == "");
}

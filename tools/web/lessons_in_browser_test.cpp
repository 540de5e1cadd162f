// Real lessons, taken from red to green in a page. One of them is part of verify; the others build for
// minutes, and are run by hand: web_tests "[.browser-lessons]".
#include <chrono>
#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/mini_course.hpp"
#include "web/testing/browser.hpp"
#include "web/testing/readable_course.hpp"
#include "web/testing/web_tutor.hpp"

namespace fs = std::filesystem;

namespace {

// A lesson of the course, put into the small one for as long as it lives, with all solutions, which it may
// include. The course's second lesson is not there meanwhile.
class RealLesson {
 public:
    RealLesson(const MiniCourse& course, std::string stem)
        : root_(course.root()), stem_(std::move(stem)) {
        make_readable(course);
        fs::remove(root_ / "tests/01_second_day.cpp");  // which may have the same number
        for (const auto& entry : fs::directory_iterator(source() / "solutions"))
            bring("solutions" / entry.path().filename());
        for (const fs::path& each :
             {fs::path("lessons") / stem_, fs::path("tests") / (stem_ + ".cpp"),
              fs::path("tests") / stem_, fs::path("book") / (stem_ + ".md"),
              fs::path("book/pictures")})
            bring(each);
    }
    RealLesson(const RealLesson&) = delete;
    RealLesson& operator=(const RealLesson&) = delete;
    ~RealLesson() {
        std::error_code ignored;
        for (const fs::path& each :
             {fs::path("lessons") / stem_, fs::path("tests") / (stem_ + ".cpp"),
              fs::path("tests") / stem_, fs::path("book") / (stem_ + ".md")})
            fs::remove_all(root_ / each, ignored);
    }

    const std::string& stem() const { return stem_; }
    // As an editor would that saves all its files.
    void solve() const {
        for (const auto& entry : fs::directory_iterator(source() / "solutions" / stem_))
            put(root_ / "lessons" / stem_ / entry.path().filename(),
                tools::read_file(entry.path()));
    }

 private:
    static fs::path source() { return LEAKLINGS_SOURCE; }
    void bring(const fs::path& what) const {
        if (!fs::exists(source() / what)) return;
        if (fs::is_regular_file(source() / what))
            return put(root_ / what, tools::read_file(source() / what));
        for (const auto& entry : fs::recursive_directory_iterator(source() / what)) {
            if (entry.is_regular_file())
                put(root_ / entry.path().lexically_relative(source()),
                    tools::read_file(entry.path()));
        }
    }

    const fs::path root_;
    const std::string stem_;
};

void open_page(Browser& browser, const WebTutor& tutor, const RealLesson& lesson) {
    browser.go(tutor.address());
    REQUIRE(browser.awaits("location.pathname === '/' && location.search === ''"));
    browser.go(tutor.base() + "/" + lesson.stem() + ".html");
    REQUIRE(browser.awaits(
        "/^RED .* green, /.test(document.querySelector('#verdict .line')?.textContent)"));
}

// From the save to the verdict in the page, in seconds.
double solve(Browser& browser, const RealLesson& lesson) {
    const auto began = std::chrono::steady_clock::now();
    lesson.solve();
    REQUIRE(browser.awaits(line_has("GREEN")));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

void send(Browser& browser, const std::string& method, const std::string& path,
          const std::string& body) {
    const auto fill = [&](const std::string& name, const std::string& text) {
        browser.value("document.querySelector('form.own [name=" + name + "]').value = '" + text +
                      "'");
    };
    fill("method", method);
    fill("path", path);
    fill("body", body);
    browser.click("form.own button[type=submit]");
}

// What has come back of the request that was sent last, from one shop after the other.
std::string replies_have(const std::string& yours, const std::string& solutions) {
    const std::string last =
        "[...document.querySelectorAll('.replies section:first-child pre')].map((e) => e.textContent)";
    return last + "[0]?.includes('" + yours + "') && " + last + "[1]?.includes('" + solutions +
           "')";
}

}  // namespace

TEST_CASE(
    "In a browser lesson 01's disease is seen beside its cure, and the lesson becomes green") {
    const MiniCourse course;
    const RealLesson lesson(course, "01_global_session");
    const WebTutor tutor(course.root());
    Browser browser(1400, 1100);
    open_page(browser, tutor, lesson);
    browser.click(".stage button:nth-of-type(3)");
    REQUIRE(browser.awaits(
        "document.querySelector('.stage .note').textContent === 'Both shops are open.'"));
    browser.click(".bank button[data-mood=holding]");
    REQUIRE(browser.awaits(
        "document.querySelector('.bank [data-mood=holding]').ariaPressed === 'true'"));
    browser.click(".live-stage details.own > summary");
    send(browser, "POST", "/orders", R"({"item_id":1,"quantity":2,"card":"alice"})");
    REQUIRE(browser.awaits("document.querySelector('.bank .note').textContent === '1 and 1 held'"));
    send(browser, "POST", "/reviews", R"({"item_id":1,"text":"Pours well."})");
    REQUIRE(browser.awaits(replies_have("201", "201")));
    browser.picture("stage_held");
    browser.click(".bank button[data-mood=declining]");
    REQUIRE(browser.awaits("document.querySelector('.bank .note').textContent === ''"));
    REQUIRE(browser.awaits("!document.querySelector('.replies').textContent.includes('waits')"));
    send(browser, "GET", "/reviews/1", "");
    CHECK(browser.awaits(replies_have("404", "Pours well.")));
    browser.value("document.querySelector('.stage').scrollIntoView()");
    browser.picture("stage_both");
    solve(browser, lesson);
    CHECK(browser.value("document.querySelector('#contents [data-lesson=\"01_global_session\"] "
                        ".state').title") == "done");
    CHECK(browser.complaints() == "");
}

TEST_CASE("In a browser the lessons 03, 10, 12 and 16 become green", "[.browser-lessons]") {
    const MiniCourse course;
    for (const char* stem :
         {"03_yield", "10_exhaustion", "12_pass_the_baton", "16_graceful_shutdown"}) {
        const RealLesson lesson(course, stem);
        const WebTutor tutor(course.root());
        Browser browser(1400, 1100);
        open_page(browser, tutor, lesson);
        WARN(stem << ": " << solve(browser, lesson)
                  << " s from the save to the verdict in the page");
        CHECK(browser.complaints() == "");
    }
}

TEST_CASE("What the first page and a chapter cost", "[.figures]") {
    const MiniCourse course;
    const RealLesson lesson(course, "01_global_session");
    const WebTutor tutor(course.root());
    Browser browser;
    open_page(browser, tutor, lesson);
    for (const char* page : {"index", "01_global_session"}) {
        browser.go(tutor.base() + "/" + page + ".html");
        REQUIRE(browser.awaits("performance.getEntriesByType('navigation')[0].loadEventEnd > 0"));
        WARN(page << ": "
                  << browser.value(
                         "(() => { const all = [...performance.getEntriesByType('navigation'), "
                         "...performance.getEntriesByType('resource')]; return [all.length, "
                         "all.reduce((sum, e) => sum + e.transferSize, 0), "
                         "Math.round(all[0].loadEventEnd)]; })()")
                  << " requests, bytes, ms");
    }
}

TEST_CASE(
    "In a browser lesson 02's leak is drawn beside its cure, and the page says why its bank cannot be held",
    "[.browser-lessons]") {
    const MiniCourse course;
    const RealLesson lesson(course, "02_leak");
    const WebTutor tutor(course.root());
    Browser browser(1440, 1600);
    open_page(browser, tutor, lesson);
    browser.click(".predict button:not(.primary)");
    browser.click(".stage button:nth-of-type(3)");
    REQUIRE(browser.awaits(
        "document.querySelector('.stage .note').textContent === 'Both shops are open.'"));
    CHECK(browser.told(".bank").empty());
    CHECK(browser.value(
              "document.querySelector('.bank + .note').innerText.includes('--open-files')") ==
          true);
    // What each shop was told and what came back, with … while more may come.
    const std::string shown =
        "[...document.querySelectorAll('.block .beside .live')].map((e) => e.textContent).join('\\n')";
    const std::string runners = "document.querySelectorAll('button.run')";
    const int commands = browser.value(runners + ".length");
    for (int i = 1; i < commands; ++i) {  // the first finds nothing wrong
        browser.value(runners + "[" + std::to_string(i) + "].click()");
        REQUIRE(browser.awaits(shown + ".match(/^[$] /gm)?.length === " + std::to_string(2 * i) +
                               " && !" + shown + ".includes('…')"));
    }
    const std::string ends =
        "[...document.querySelectorAll('.block .beside .live')].slice(-2).map((e) => "
        "e.textContent.trim().split('\\n').at(-1))";
    CHECK(browser.value(ends) ==
          Browser::Json({R"({"error":"internal error"})",
                         R"({"item":{"id":1,"title":"Teapot","stock":10}})"}));
    const std::string open =
        "[...document.querySelectorAll('.legend')].map((e) => Number(e.textContent.match(/\\d+/)))";
    CHECK(browser.awaits(open + "[0] > 9 && " + open + "[1] === 0"));
    browser.picture("see_it", "section[aria-labelledby=see-it]");
    CHECK(browser.complaints() == "");
}

TEST_CASE("In a browser lesson 10's pool is drawn while it is used, and under load",
          "[.browser-lessons]") {
    const MiniCourse course;
    const RealLesson lesson(course, "10_exhaustion");
    const WebTutor tutor(course.root());
    Browser browser(1400, 1100);
    open_page(browser, tutor, lesson);
    browser.click("details.load > summary");
    browser.value("document.querySelector('.load [name=seconds]').value = 8");
    browser.value("document.querySelector('.load [name=whose]').value = 'all'");
    browser.click(".load button[type=submit]");
    REQUIRE(browser.awaits("document.querySelectorAll('.load .chart .line').length >= 18"));
    REQUIRE(browser.awaits("document.querySelectorAll('.load tbody td').length === 30"));
    CHECK(browser.value("[...document.querySelectorAll('.load h3')].map((e) => e.textContent)") ==
          Browser::Json({"The starter’s server", "Your server", "The solution’s server"}));
    browser.value("document.querySelector('.load').scrollIntoView()");
    browser.picture("load");
    CHECK(browser.value("document.querySelector('.load .note[role=status]').textContent") ==
          "The load is over.");
    CHECK(browser.complaints() == "");
}

// Whether everybody can read the pages and work them: contrast, names, headings, landmarks, the Tab key.
// What axe-core checks of these, in a browser and by its own reckoning.
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "tutor/testing/mini_course.hpp"
#include "web/testing/browser.hpp"
#include "web/testing/readable_course.hpp"
#include "web/testing/web_tutor.hpp"

namespace {

// Texts with less contrast to what is behind them than WCAG's level AA wants: 4.5, and 3 for large ones.
// What is disabled may have less.
constexpr const char* faint_texts = R"js((() => {
    const channels = (colour) => { const found = colour.match(/[\d.]+/g).map(Number); return found.length > 3 ? found : [...found, 1]; };
    const over = (a, b) => [0, 1, 2].map((i) => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
    const sample = document.body.appendChild(document.createElement('i'));
    sample.style.backgroundColor = 'Canvas';
    const canvas = channels(getComputedStyle(sample).backgroundColor);
    sample.remove();
    const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const behind = (e) => { const layers = [];
        for (let each = e; each; each = each.parentElement) { const c = channels(getComputedStyle(each).backgroundColor); layers.push(c); if (c[3] === 1) break; }
        return layers.reduceRight((below, each) => over(each, below), canvas); };
    const faint = new Set();
    const root = document.querySelector('dialog[open]') ?? document.body;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const e = walker.currentNode.parentElement;
        if (!walker.currentNode.textContent.trim() || !e.checkVisibility() || e.closest('.hidden, .skip, :disabled, script, style')) continue;
        const style = getComputedStyle(e);
        const colour = channels(e.namespaceURI.endsWith('svg') ? style.fill : style.color);
        for (let each = e; each; each = each.parentElement) colour[3] *= Number(getComputedStyle(each).opacity);
        const back = behind(e);
        const [a, b] = [light(over(colour, back)), light(back)];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        if (ratio < (large ? 3 : 4.5)) faint.add(`${e.tagName}.${e.getAttribute('class') ?? ''} ${ratio.toFixed(2)}: ${walker.currentNode.textContent.trim().slice(0, 30)}`);
    }
    return [...faint];
})())js";

// Headings that skip a level on the way down.
constexpr const char* skipping_headings = R"js((() => {
    const root = document.querySelector('dialog[open]') ?? document.querySelector('main');
    const seen = [...root.querySelectorAll('h1, h2, h3, h4, h5')].filter((h) => h.checkVisibility());
    return seen.filter((h, i) => i > 0 && Number(h.tagName[1]) > Number(seen[i - 1].tagName[1]) + 1).map((h) => h.textContent);
})())js";

// Controls that can be seen and the Tab key should come to. Of radio buttons it comes to one in a group.
constexpr const char* controls =
    R"js([...document.querySelectorAll('button, a[href], input, select, textarea, summary, [tabindex="0"]')]
    .filter((e) => e.checkVisibility() && !e.disabled && e.type !== 'radio' && !e.matches('.skip')))js";

void check_texts(Browser& browser, const std::string& what) {
    for (const char* scheme : {"light", "dark"}) {
        browser.prefer(scheme);
        INFO(what << ", " << scheme);
        CHECK(browser.value(faint_texts) == Browser::Json::array());
        browser.picture(what + "_" + scheme);
    }
    browser.prefer("light");
    INFO(what);
    CHECK(browser.value(skipping_headings) == Browser::Json::array());
}

// What a dialog covers is told to nobody.
void check_names(Browser& browser, const std::string& what) {
    const std::string within =
        browser.value("document.querySelector('dialog[open]')").is_null() ? "body" : "dialog[open]";
    const char* all =
        "button, a[href], input, select, textarea, summary, progress, img, [role=img], "
        "[role=region], nav, aside, fieldset";
    std::string nameless;
    const auto told = browser.told(within + " :is(" + all + ")");
    for (const Browser::Told& each : told) {
        if (each.name.empty()) nameless += each.role + " ";
    }
    INFO(what);
    CHECK_FALSE(told.empty());
    CHECK(nameless == "");
}

}  // namespace

TEST_CASE(
    "Every kind of page can be read in light and dark, and is told to those who do not see it") {
    const MiniCourse course;
    make_readable(course);
    const WebTutor tutor(course.root());
    Browser browser;
    browser.go(tutor.base() + "/");
    check_texts(browser, "no_key");
    open_warm_up(browser, tutor);
    REQUIRE(browser.awaits(line_has("RED 1 of 2 green")));
    browser.value(
        "document.querySelectorAll('#text details').forEach((each) => { each.open = true; })");
    check_texts(browser, "chapter");
    check_names(browser, "chapter");
    CHECK(browser.value("document.querySelectorAll('main').length") == 1);
    CHECK(browser.value("document.querySelectorAll('body > header').length") == 1);
    CHECK(browser.value("[...document.querySelectorAll('nav, aside')].every((e) => e.ariaLabel)") ==
          true);

    browser.click(".question input[value=a]");
    browser.click(".question .checking button");
    REQUIRE(browser.awaits("document.querySelector('.outcome.is-wrong')"));
    check_texts(browser, "answered");
    for (const auto& [key, sign] :
         std::vector<std::pair<std::string, std::string>>{{"o", "dialog .now b"},
                                                          {"d", "dialog .difference"},
                                                          {"?", "dialog .keys"},
                                                          {"x", "dialog .danger"}}) {
        browser.value("document.activeElement.blur()");
        browser.press(key);
        REQUIRE(browser.awaits("document.querySelector('" + sign + "')"));
        check_texts(browser, "dialog_" + (key == "?" ? std::string("keys") : key));
        check_names(browser, "dialog " + key);
        browser.press(Browser::escape);
        REQUIRE(browser.awaits("!document.querySelector('dialog')"));
    }
    browser.press("/");
    browser.press("teapot");
    REQUIRE(browser.awaits("document.querySelector('#found li a')"));
    check_texts(browser, "found");
    browser.go(tutor.base() + "/index.html");
    REQUIRE(browser.awaits("document.getElementById('sum')"));
    check_texts(browser, "contents");
    check_names(browser, "contents");
}

TEST_CASE("The Tab key comes to everything that can be worked on a chapter's page") {
    const MiniCourse course;
    make_readable(course);
    const WebTutor tutor(course.root());
    Browser browser;
    open_warm_up(browser, tutor);
    REQUIRE(browser.awaits(line_has("RED 1 of 2 green")));
    browser.click(".stage button");
    REQUIRE(
        browser.awaits("!document.querySelector('.live-stage').hidden && "
                       "!document.querySelector('button.run').hidden"));
    browser.value("document.querySelectorAll('details').forEach((each) => { each.open = true; })");
    const auto count = browser.value(std::string(controls) + ".length").get<int>();
    CHECK(count > 40);
    browser.value("(window.reached = new Set(), 0)");
    browser.value("document.querySelector('.skip').focus()");
    for (int i = 0; i < count + 20; ++i) {
        browser.press(Browser::tab);
        browser.value("(reached.add(document.activeElement), 0)");
    }
    CHECK(browser.value(std::string(controls) +
                        ".filter((e) => !reached.has(e)).map((e) => e.outerHTML.slice(0, 120))") ==
          Browser::Json::array());
    check_texts(browser, "stage");
    check_names(browser, "stage");
    browser.resize(360, 740);
    CHECK(browser.value("document.documentElement.scrollWidth <= innerWidth") == true);
    browser.value("document.querySelector('.stage').scrollIntoView()");
    browser.picture("stage_narrow");
}

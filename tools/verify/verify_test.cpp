// Verify, tried on a miniature course: it passes as it is, and each thing that can be
// spoilt in a course is noticed and named.
#include <string>

#include "support/catch.hpp"
#include "verify/testing/miniature.hpp"

namespace {

bool says(const tools::Outcome& outcome, const std::string& text) {
    return outcome.output.find(text) != std::string::npos;
}

// That verify found something, and said what.
void expect_finding(const tools::Outcome& outcome, const std::string& text) {
    INFO("It should have said: " << text << "\nIt printed:\n" << outcome.output);
    CHECK(outcome.exit_status == 1);
    CHECK(says(outcome, text));
}

void expect_good(const tools::Outcome& outcome) {
    INFO("It printed:\n" << outcome.output);
    CHECK(outcome.exit_status == 0);
}

std::string answer_folder(const std::string& answer) {
    return "tests/answers/" + lesson + "/" + answer;
}

}  // namespace

TEST_CASE("An unspoilt course passes") {
    const Miniature course;
    expect_good(course.verify({"solution", lesson, "--times", "2"}));
    expect_good(course.verify({"right", "00", "right_other", "--times", "2"}));
    expect_good(course.verify({"starter", lesson, "--times", "2"}));
    for (const char* wrong : {"wrong_first", "wrong_second", "wrong_third", "wrong_fourth"}) {
        expect_good(course.verify({"wrong", lesson, wrong}));
    }
    expect_good(course.verify({"answers", lesson}));
    expect_good(course.verify({"chapter", lesson}));
    expect_good(course.verify({"links"}));
    expect_good(course.verify({"pages"}));
    expect_good(course.verify({"sleeps"}));
    CHECK(course.starters("list").empty());
}

TEST_CASE("A check that cannot be made is neither good nor a finding") {
    const Miniature course;
    course.remove("build/bin/" + lesson + ".tests");
    const tools::Outcome starter = course.verify({"starter", lesson});
    CHECK(starter.exit_status == 2);
    CHECK(says(starter, "has not been built"));
    CHECK(course.verify({"starter", "42"}).exit_status == 2);
    CHECK(course.verify({"nonsense"}).exit_status == 2);
}

TEST_CASE("A starter that is red for another reason is noticed") {
    const Miniature course;
    course.infect(lesson, "the teapot for want of better");
    const tools::Outcome outcome = course.verify({"starter", lesson});
    expect_finding(outcome, "another reason:");
    CHECK(says(outcome, pitfall));
    CHECK(says(outcome, "Alice asked for item 77"));
}

TEST_CASE("A starter that is not red is noticed") {
    const Miniature course;
    course.infect(lesson, "");
    expect_finding(course.verify({"starter", lesson}), "it passed");
}

TEST_CASE("A starter that spoils a guard is noticed") {
    const Miniature course;
    course.infect(lesson, "always the kettle");
    const tools::Outcome outcome = course.verify({"starter", lesson});
    expect_finding(outcome, "\"The teapot's page shows the teapot\"");
    CHECK(says(outcome, "green on the starter"));
}

TEST_CASE("A starter that crashes is noticed") {
    const Miniature course;
    course.infect(lesson, "crashes");
    const tools::Outcome outcome = course.verify({"starter", lesson});
    expect_finding(outcome, "it crashed");
    CHECK(says(outcome, pitfall));
}

TEST_CASE("A starter that hangs is noticed") {
    const Miniature course;
    course.infect(lesson, "hangs");
    const tools::Outcome outcome =
        course.verify({"starter", lesson}, {{"LEAKLINGS_PATIENCE", "1"}});
    expect_finding(outcome, "it hung");
    CHECK(says(outcome, "HANG: "));
}

TEST_CASE("A starter whose chapter does not show the test is noticed") {
    const Miniature course;
    course.change(chapter, "- **" + pitfall + "**", "- **Some other test**");
    expect_finding(course.verify({"starter", lesson}), "no such test there");
}

TEST_CASE("A lesson without a chapter is noticed") {
    const Miniature course;
    course.remove(chapter);
    expect_finding(course.verify({"starter", lesson}), "no such file");
    expect_finding(course.verify({"chapter", lesson}), "no such file");
}

TEST_CASE("A right answer that fails is noticed") {
    const Miniature course;
    course.infect("right_other." + lesson, "always the teapot");
    course.infect("solution." + lesson, "crashes");
    expect_finding(course.verify({"right", lesson, "right_other"}), "it failed by an assertion");
    expect_finding(course.verify({"solution", lesson}), "it crashed");
}

TEST_CASE("A right answer that fails now and then is noticed in the run that differs") {
    const Miniature course;
    course.infect_after("solution." + lesson, 4);  // two in the first run, and one in each further
    expect_good(course.verify({"solution", lesson, "--times", "2"}));
    course.remove("runs");
    expect_finding(course.verify({"solution", lesson, "--times", "9"}), "(run 4 of 9)");
}

TEST_CASE("What was good with the same bytes is run once, and not as often again") {
    const Miniature course;
    expect_good(course.verify({"solution", lesson, "--times", "3"}));
    CHECK(says(course.verify({"solution", lesson, "--times", "3"}), "as 3 times before"));
    CHECK(says(course.verify({"solution", lesson, "--times", "4"}), ", 4 times: good"));
    course.infect("solution." + lesson, "crashes");
    expect_finding(course.verify({"solution", lesson, "--times", "4"}), "it crashed");
}

TEST_CASE("A wrong answer that passes is noticed") {
    const Miniature course;
    course.infect("wrong_second." + lesson, "");
    expect_finding(course.verify({"wrong", lesson, "wrong_second"}), "nothing rejects it");
}

TEST_CASE("A wrong answer that was rejected with the same bytes is not run again") {
    const Miniature course;
    expect_good(course.verify({"wrong", lesson, "wrong_second"}));
    CHECK(says(course.verify({"wrong", lesson, "wrong_second"}), "as before with the same bytes"));
    course.infect("wrong_second." + lesson, "");
    expect_finding(course.verify({"wrong", lesson, "wrong_second"}), "nothing rejects it");
}

TEST_CASE("A wrong answer that another test rejects is noticed") {
    const Miniature course;
    expect_good(course.verify({"wrong", lesson, "wrong_first"}));
    course.change(answer_folder("wrong_first/shop.cpp"), pitfall,
                  "The teapot's page shows the teapot");
    const tools::Outcome outcome = course.verify({"wrong", lesson, "wrong_first"});
    expect_finding(outcome, "it passed; these tests do not:");
    CHECK(says(outcome, pitfall));
}

TEST_CASE("A wrong answer that names no test, or none that exists, is noticed") {
    const Miniature course;
    course.change(answer_folder("wrong_first/shop.cpp"), "// Rejected by:", "// Refused by:");
    course.change(answer_folder("wrong_second/shop.cpp"), pitfall, "No test is called this");
    course.change(answer_folder("wrong_fourth.diff"), pitfall, "No test is called this");
    expect_finding(course.verify({"wrong", lesson, "wrong_first"}), "it has none");
    for (const char* wrong : {"wrong_second", "wrong_fourth"})
        expect_finding(course.verify({"wrong", lesson, wrong}), "has no test of that name");
}

TEST_CASE("A crash does not reject an answer") {
    const Miniature course;
    course.infect("wrong_third." + lesson, "crashes");
    expect_finding(course.verify({"wrong", lesson, "wrong_third"}), "it crashed");
}

TEST_CASE("A lesson with too few answers is noticed") {
    const Miniature course;
    course.remove(answer_folder("wrong_fourth.diff"));
    expect_finding(course.verify({"answers", lesson}), "3 of them");
    course.remove(answer_folder("right_other"));
    expect_finding(course.verify({"answers", lesson}), "another right answer");
    course.write(answer_folder("worng_fifth/shop.cpp"), "// Rejected by: " + pitfall + "\n");
    expect_finding(course.verify({"answers", lesson}), "worng_fifth");
}

TEST_CASE("A stale snippet is noticed, and refreshed") {
    const Miniature course;
    course.change("lessons/" + lesson + "/shop.cpp", "reply(item);", "reply(item);  // politely");
    const tools::Outcome outcome = course.verify({"chapter", lesson});
    expect_finding(outcome, "in the code block");
    CHECK(says(outcome, "expected:   reply(item);  // politely"));
    CHECK(says(outcome, "found:      reply(item);\n"));
    CHECK(says(outcome, "in the diff block"));
    expect_good(course.verify({"refresh"}));
    expect_good(course.verify({"chapter", lesson}));
    CHECK(course.read(chapter).find("reply(item);  // politely") != std::string::npos);
}

TEST_CASE("An answer is shown as it is, with the tests that reject it") {
    const Miniature course;
    course.change(
        chapter, "Another constant.",
        "Another constant (`wrong_fourth`).\n\n<!-- answer wrong_fourth -->\n<!-- end -->\n\n"
        "Right: `right_other`.\n\n<!-- answer right_other -->\n<!-- end -->");
    expect_finding(course.verify({"chapter", lesson}), "in the answer block");
    expect_good(course.verify({"refresh"}));
    expect_good(course.verify({"chapter", lesson}));
    const std::string text = course.read(chapter);
    CHECK(text.find("Rejected by \"" + pitfall + "\" ([its file](../" +
                    answer_folder("wrong_fourth.diff") + ")).") != std::string::npos);
    CHECK(text.find("+    reply(find_item(1));\n") != std::string::npos);
    CHECK(text.find("Passes every test") != std::string::npos);
    course.change(chapter, "<!-- answer wrong_fourth", "<!-- answer wrong_fifth");
    expect_finding(course.verify({"chapter", lesson}), "there is no answer");
}

TEST_CASE("An answer that is far from the solution is shown from the starter, if that is near") {
    const Miniature course;
    std::string part;
    for (int i = 0; i < 80; ++i) part += "void part_" + std::to_string(i) + "();\n";
    course.write("solutions/" + lesson + "/parts.hpp", "// Eighty parts.\n" + part);
    course.write("solutions/" + lesson + "/more.hpp", "// More.\n");
    course.write(answer_folder("wrong_first/parts.hpp"), "");
    course.change(chapter, "Another constant.",
                  "Another constant (`wrong_first`).\n\n<!-- answer wrong_first -->\n<!-- end -->");
    expect_good(course.verify({"refresh"}));
    const std::string text = course.read(chapter);
    const auto block = text.find(
        "<code>wrong_first</code>: from the starter, with the solution's "
        "<code>more.hpp</code>, to it");
    REQUIRE(block != std::string::npos);
    const std::string shown = text.substr(block, text.find("<!-- end -->", block) - block);
    CHECK(shown.find("+++ lessons/" + lesson + "/shop.cpp") != std::string::npos);
    CHECK(shown.find("part_1") == std::string::npos);
    CHECK(shown.find("// More.") == std::string::npos);
}

TEST_CASE("A picture of a red test is drawn anew when the test goes another way") {
    const Miniature course;
    const std::string picture = "book/pictures/timeline_00_every_items_page_shows_that_item.svg";
    course.change(chapter, "Another constant.",
                  "Another constant.\n\n<!-- picture \"" + pitfall + "\" -->\n<!-- end -->");
    expect_finding(course.verify({"chapter", lesson}), picture + " is not what the test does now");
    expect_good(course.verify({"refresh"}));
    expect_good(course.verify({"chapter", lesson}));
    expect_good(course.verify({"links"}));
    CHECK(course.read(picture).find("GET /items/2") != std::string::npos);
    CHECK(course.read(chapter).find("](pictures/timeline_00_every") != std::string::npos);

    course.change(picture, "GET /items/2", "GET /items/3");
    expect_finding(course.verify({"chapter", lesson}), picture + " is not what the test does now");
    course.write("book/pictures/timeline_00_old.svg", "<svg/>");
    expect_finding(course.verify({"chapter", lesson}), "book/pictures/timeline_00_old.svg");
    course.change(chapter, "<!-- picture \"Every", "<!-- picture \"No");
    expect_finding(course.verify({"chapter", lesson}), "there is no [pitfall] test");
}

TEST_CASE("A snippet of what is not there is noticed") {
    const Miniature course;
    course.change(chapter, "\"const Item item\"", "\"no such words\"");
    expect_finding(course.verify({"chapter", lesson}), "has no line with: no such words");
    course.change(chapter, "code lessons/", "code leassons/");
    expect_finding(course.verify({"chapter", lesson}), "there is no file leassons/");
}

TEST_CASE("Stale output of a shell is noticed, and refreshed") {
    const Miniature course;
    const std::string before = course.read(chapter);
    course.change(chapter, R"("title":"Teapot")", R"("title":"Samovar")");
    const tools::Outcome outcome = course.verify({"chapter", lesson});
    expect_finding(outcome, "in the shell block");
    CHECK(says(outcome, "Samovar"));
    expect_good(course.verify({"refresh"}));
    CHECK(course.read(chapter) == before);
}

TEST_CASE("A stale failure is noticed, but not for its milliseconds") {
    const Miniature course;
    course.change(chapter, "is told 200", "is told 201");
    const tools::Outcome outcome = course.verify({"chapter", lesson});
    expect_finding(outcome, "in the failure block");
    CHECK(says(outcome,
               "is told 201\n  what to do:"));  // the first line that differs in more than its time
    expect_good(course.verify({"refresh"}));
    const std::string refreshed = course.read(chapter);
    expect_good(course.verify({"refresh"}));  // a run of its own, with its own milliseconds
    CHECK(course.read(chapter) == refreshed);
}

TEST_CASE("A message that the starter does not give is noticed") {
    const Miniature course;
    course.change(chapter, "  > Alice asked for item 2", "  > Alice longed for item 2");
    expect_finding(course.verify({"chapter", lesson}), "in the tests block");
    expect_finding(course.verify({"starter", lesson}), "another reason:");
}

TEST_CASE("Where a lesson has stages its chapter has them, and its tests stage by stage") {
    const Miniature course;
    course.write("build/tests/" + lesson + ".list",
                 "guard|The teapot's page shows the teapot\npitfall 1|" + pitfall + "\n");
    expect_finding(course.verify({"chapter", lesson}), "one of the 0 stages");
    course.change(chapter, "## Your task\n",
                  "## Your task\n\n### Stage 1: Other items (5 minutes)\n\n### The tests\n");
    expect_finding(course.verify({"chapter", lesson}), "a summary \"Stage 1: …\"");
    course.change(chapter, "<summary>Where?", "<summary>Stage 1: where?");
    course.change(chapter, "<summary>Where is it not?", "<summary>Stage 1: where is it not?");
    expect_good(course.verify({"refresh"}));
    expect_good(course.verify({"chapter", lesson}));
    expect_good(course.verify({"starter", lesson}));
    CHECK(course.read(chapter).find("Stage 1, Other items:\n\n- **" + pitfall) !=
          std::string::npos);
}

TEST_CASE("What a shell shows is what a reader would see") {
    const Miniature course;
    const std::string text = course.read(chapter);
    INFO(text);
    CHECK(text.find("$ curl localhost:8080/items/2\n{\"item\":{\"id\":1,") != std::string::npos);
    CHECK(text.find(
              "$ echo \"the shop is at \\\n> localhost:8080\"\nthe shop is at localhost:8080\n") !=
          std::string::npos);
    CHECK(text.find("$ curl localhost:8080/items/1 &\n```\n") != std::string::npos);
    CHECK(text.find("$ echo \"meanwhile\"\nmeanwhile\n$ wait\n{\"item\":{\"id\":1,") !=
          std::string::npos);
}

TEST_CASE("Shell blocks that come to no end are noticed") {
    const Miniature course;
    course.change(chapter, "$ wait\n", "");
    expect_finding(course.verify({"chapter", lesson}), "left in the background");
    course.change(chapter, "$ echo \"meanwhile\"", "$ exit 3");
    expect_finding(course.verify({"chapter", lesson}), "broke the shell");
    course.change(chapter, "$ ./learn run 00", "$ ./learn run 01");
    const tools::Outcome outcome = course.verify({"chapter", lesson});
    expect_finding(outcome, "a server block holds one command");
    CHECK(says(outcome, "no <!-- server --> block stands before"));
}

TEST_CASE("A shell may print and ask as much as it likes") {
    const Miniature course;
    course.change(
        chapter, "$ echo \"meanwhile\"",
        "$ for i in $(seq 2500); do echo localhost:8080/items/1; done | xargs curl -o /dev/null");
    expect_good(course.verify({"refresh"}));
}

TEST_CASE("A missing part of a chapter is noticed") {
    const Miniature course;
    course.change(chapter, "### Answers that look right\n", "");
    expect_finding(course.verify({"chapter", lesson}),
                   "the heading \"### Answers that look right\"");
}

TEST_CASE("Parts of a chapter out of order are noticed") {
    const Miniature course;
    course.change(chapter, "## Elsewhere\n", "## Check yourself\n");
    course.change(chapter, "## Check yourself\n\n- Which?", "## Elsewhere\n\n- Which?");
    expect_finding(course.verify({"chapter", lesson}), "the order that every chapter has");
}

TEST_CASE("A chapter's title, tale, time and hints are asked for") {
    const Miniature course;
    course.change(chapter, "# 00 · Warm-up", "# Warm-up");
    course.change(chapter, "*Every item that one asks for is the teapot.*", "The teapot.");
    course.change(chapter, "**Time:** 5 minutes", "Time: five minutes");
    course.change(chapter, "<details>\n<summary>Where is it not?", "<summary>Where is it not?");
    const tools::Outcome outcome = course.verify({"chapter", lesson});
    expect_finding(outcome, "# 00 · and the lesson's title");
    CHECK(says(outcome, "the disease in one line"));
    CHECK(says(outcome, "a line **Time:** 25 minutes"));
    CHECK(says(outcome, "at least 3 hints"));
}

TEST_CASE("A missing or misspelt block is noticed") {
    const Miniature course;
    course.change(chapter, "<!-- tests -->", "<!-- tets -->");
    const tools::Outcome misspelt = course.verify({"chapter", lesson});
    expect_finding(misspelt, "one block <!-- tests -->");
    CHECK(says(misspelt, "look for a misspelt"));
    course.change(chapter, "<!-- diff -->", "<!-- diff of what -->");
    expect_finding(course.verify({"chapter", lesson}), "write it like that");
    course.change(chapter, "<!-- end -->\n\nMeanwhile:", "\n\nMeanwhile:");
    expect_finding(course.verify({"chapter", lesson}), "<!-- end --> at the end of this block");
}

TEST_CASE("A chapter that is too long is noticed") {
    const Miniature course;
    std::string text;
    for (int i = 0; i < 1500; ++i) text += i % 15 == 14 ? "word\n" : "word ";
    course.change(chapter, "## Why\n", "## Why\n\n" + text);
    expect_finding(course.verify({"chapter", lesson}), "between 0 and 1500 words");
}

TEST_CASE("A broken link is noticed") {
    const Miniature course;
    course.change("README.md", "book/SUMMARY.md", "book/CONTENTS.md");
    expect_finding(course.verify({"links"}), "README.md:3");
    course.change("README.md", "book/CONTENTS.md", "book/SUMMARY.md");
    expect_good(course.verify({"links"}));
    course.change("README.md", "#hints", "#tips");
    expect_finding(course.verify({"links"}),
                   "book/00_warm_up.md has no heading with the anchor #tips");
}

TEST_CASE("A chapter that the summary leaves out is noticed") {
    const Miniature course;
    course.write("book/01_more.md", "# 01 · More\n");
    expect_finding(course.verify({"links"}), "a link to book/01_more.md");
}

TEST_CASE("Code in an appendix is kept in step, too") {
    const Miniature course;
    const std::string page = "book/appendix.md";
    const std::string block =
        "<!-- code solutions/00_warm_up/shop.cpp \"find_item(\" -->\nold\n<!-- end -->\n";
    course.write(page, "# Appendix\n\n" + block);
    expect_finding(course.verify({"pages"}), "book/appendix.md:4, in the code block");
    expect_good(course.verify({"refresh"}));
    CHECK(course.read(page).find("find_item(wanted)") != std::string::npos);
    expect_good(course.verify({"pages"}));
    course.write(page, "# Appendix\n\n<!-- tests -->\n<!-- end -->\n");
    expect_finding(course.verify({"pages"}), "only a lesson's chapter can have it");
}

TEST_CASE("A test that sleeps is noticed") {
    const Miniature course;
    const std::string nap = std::string("std::this_thread::") + "sle" + "ep_for(1s);";
    course.write("tests/support/nap.cpp", "void nap() {\n    " + nap + "\n}\n");
    expect_finding(course.verify({"sleeps"}), "tests/support/nap.cpp:2");
    course.remove("tests/support/nap.cpp");
    course.write(answer_folder("right_other/nap.cpp"), nap);
    expect_finding(course.verify({"sleeps"}), "right_other/nap.cpp:1");
    course.write("solutions/" + lesson + "/nap.cpp", nap);
    expect_good(course.verify({"sleeps"}));
    course.remove("solutions/" + lesson + "/nap.cpp");
    course.write(answer_folder("right_nap.diff"), "--- /dev/null\n+++ solutions/" + lesson +
                                                      "/nap.cpp\n@@ -0,0 +1 @@\n+" + nap + "\n");
    expect_finding(course.verify({"sleeps"}), "right_nap.diff/nap.cpp:1");
    course.remove(answer_folder("right_nap.diff"));
    course.remove(answer_folder("right_other/nap.cpp"));
    course.write(answer_folder("wrong_first/nap.cpp"), nap);  // that may be what is wrong with it
    expect_good(course.verify({"sleeps"}));
}

TEST_CASE("An edited starter is noticed, whether a file is changed, added or missing") {
    const Miniature course;
    const std::string folder = "lessons/" + lesson;
    course.change(folder + "/shop.cpp", "find_item(1)", "find_item(wanted)");
    CHECK(course.starters("list") == lesson + "\n");
    course.change(folder + "/shop.cpp", "find_item(wanted)", "find_item(1)");
    CHECK(course.starters("list").empty());
    course.write(folder + "/more.hpp", "// More.\n");
    CHECK(course.starters("list") == lesson + "\n");
    course.starters("record");
    CHECK(course.starters("list").empty());
    course.remove(folder + "/more.hpp");
    CHECK(course.starters("list") == lesson + "\n");
    course.remove("tests/starters.sha256");
    CHECK(course.starters("list") == lesson + "\n");
}

TEST_CASE("What depends on an edited starter is skipped, and is a finding under CI") {
    const Miniature course;
    const tools::Outcome skipped = course.verify({"edited", lesson}, {{"CI", ""}});
    CHECK(skipped.exit_status == 77);
    CHECK(says(
        skipped,
        "lessons/00_warm_up has been edited, so what depends on the untouched starter is skipped"));
    expect_finding(course.verify({"edited", lesson}, {{"CI", "true"}}), "--target refresh");
}

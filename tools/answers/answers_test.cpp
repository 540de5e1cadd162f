// The two forms of an answer, and the way from one to the other.
#include "answers/answers.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "answers/testing/small_course.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using namespace small_course;

TEST_CASE("A folder that differs in a line becomes a diff, which opens with what is said of it") {
    const SmallCourse course;
    course.write_answer("wrong_x/shop.cpp", words + wrong);
    CHECK(answers::shrink(course.root(), course.answers()) == 0);
    CHECK_FALSE(fs::exists(course.answers() / stem / "wrong_x"));
    CHECK(course.read_answer("wrong_x.diff") ==
          "Rejected by: A test\nRejected by: Another\nOverlooks: the one\nand the other.\n\n"
          "--- solutions/01_name/shop.cpp\n+++ solutions/01_name/shop.cpp\n@@ -7,7 +7,7 @@\n"
          " line 6\n line 7\n line 8\n-line 9\n+line nine\n line 10\n line 11\n line 12\n");
    const tools::Answer answer = course.answer("wrong_x");
    CHECK(answer.is_wrong());
    CHECK(answer.rejected_by == std::vector<std::string>{"A test", "Another"});
    CHECK(answer.overlooks == "the one and the other.");
    CHECK(course.overlay("wrong_x") == tools::Overlay{{"shop.cpp", wrong}});
}

TEST_CASE("A folder says the same of itself as its diff") {
    const SmallCourse course;
    course.write_answer("wrong_x/shop.cpp", words + wrong);
    const tools::Answer answer = course.answer("wrong_x");
    CHECK(answer.rejected_by == std::vector<std::string>{"A test", "Another"});
    CHECK(answer.overlooks == "the one and the other.");
    CHECK(course.overlay("wrong_x") == tools::Overlay{{"shop.cpp", words + wrong}});
}

TEST_CASE("Expanded and shrunk again all answers are what they were, and the other way round") {
    const SmallCourse course;
    course.write_answer("right_other/shop.cpp", wrong);
    course.write_answer("right_other/pool.hpp", "");            // does without
    course.write_answer("right_design/shop.cpp", "another\n");  // shorter than a diff
    course.write_answer("wrong_more/more.hpp", words + "new\n\nfile\n");
    course.write_answer("wrong_more/pool.hpp", "\n" + numbered(2, 39) + "- 40\n\n");
    course.write_answer("wrong_more/shop.cpp", "rewritten\n");
    const auto folders = files_below(course.answers());
    REQUIRE(answers::shrink(course.root(), course.answers()) == 0);
    const auto diffs = files_below(course.answers());
    CHECK(diffs.size() == 3);
    CHECK(diffs.at("01_name/right_design/shop.cpp") == "another\n");
    CHECK(tools::read_file(course.answers() / stem / "right_other.diff")
              .starts_with("Does without: pool.hpp\n\n--- "));
    CHECK(course.overlay("right_other") ==
          tools::Overlay{{"pool.hpp", std::nullopt}, {"shop.cpp", wrong}});

    REQUIRE(answers::expand(course.root(), course.answers()) == 0);
    CHECK(files_below(course.answers()) == folders);
    REQUIRE(answers::shrink(course.root(), course.answers()) == 0);
    CHECK(files_below(course.answers()) == diffs);

    const tools::TemporaryFolder elsewhere;
    REQUIRE(answers::expand(course.root(), elsewhere.path()) == 0);
    CHECK(files_below(elsewhere.path()) == folders);
    CHECK(files_below(course.answers()) == diffs);
    fs::remove_all(course.answers() / stem);
    REQUIRE(answers::shrink(course.root(), elsewhere.path()) == 0);
    CHECK(files_below(course.answers()) == diffs);
}

TEST_CASE(
    "A rename over expanded answers and solutions is one of their diffs when they are shrunk") {
    const SmallCourse course;
    course.write_answer("wrong_x/shop.cpp", words + wrong);
    answers::shrink(course.root(), course.answers());
    const std::string before = course.read_answer("wrong_x.diff");
    answers::expand(course.root(), course.answers());
    for (const char* file :
         {"solutions/01_name/shop.cpp", "tests/answers/01_name/wrong_x/shop.cpp"})
        course.write(file, replaced(tools::read_file(course.root() / file), "line", "row"));
    CHECK(answers::shrink(course.root(), course.answers()) == 0);
    CHECK(course.read_answer("wrong_x.diff") == replaced(before, "line", "row"));
}

TEST_CASE("A diff that does not fit is named, with the file, the hunk and what to do") {
    const SmallCourse course;
    course.write_answer("wrong_x/shop.cpp", words + wrong);
    answers::shrink(course.root(), course.answers());
    course.write("solutions/01_name/shop.cpp", replaced(solution, "line 8\n", "line eight\n"));
    try {
        course.overlay("wrong_x");
        FAIL("it fits");
    } catch (const std::runtime_error& error) {
        const std::string said = error.what();
        CHECK(said.find("01_name/wrong_x.diff does not fit ") != std::string::npos);
        CHECK(said.find("solutions/01_name/shop.cpp: hunk 1, line 8 of the diff:\n"
                        "  expected in line 9: line 8\n") != std::string::npos);
        CHECK(said.find("./learn dev answers rebase") != std::string::npos);
    }
    const auto before = files_below(course.answers());
    CHECK(answers::expand(course.root(), course.answers()) == 1);
    CHECK(files_below(course.answers()) == before);
    CHECK_THROWS_AS(answers::lay(course.root(), stem, "wrong_x", course.root() / "laid"),
                    std::runtime_error);
    fs::remove(course.root() / "solutions/01_name/shop.cpp");
    CHECK_THROWS_AS(course.overlay("wrong_x"), std::runtime_error);
}

TEST_CASE("What is laid is what differs, and is touched only if it is not as it should be") {
    const SmallCourse course;
    course.write_answer("wrong_x/shop.cpp", words + wrong);
    course.write_answer("wrong_x/pool.hpp", "");
    answers::shrink(course.root(), course.answers());
    const fs::path folder = course.root() / "laid";
    course.write("laid/pool.hpp", numbered(1, 20));
    answers::lay(course.root(), stem, "wrong_x", folder);
    CHECK(files_below(folder) == std::map<std::string, std::string>{{"shop.cpp", wrong}});
    const auto long_ago = fs::last_write_time(folder / "shop.cpp") - std::chrono::hours(1);
    fs::last_write_time(folder / "shop.cpp", long_ago);
    answers::lay(course.root(), stem, "wrong_x", folder);
    CHECK(fs::last_write_time(folder / "shop.cpp") == long_ago);
}

TEST_CASE("What cannot be a diff stays a folder, and the others are shrunk") {
    const SmallCourse course;
    course.write_answer("wrong_a/shop.cpp", words + replaced(wrong, "\n", "\r\n"));
    course.write_answer("wrong_b/shop.cpp", words + wrong + "no end");
    course.write_answer("wrong_c/shop.cpp", words + solution);
    course.write_answer("wrong_d/shop.cpp", words + wrong);
    CHECK(answers::shrink(course.root(), course.answers()) == 1);
    for (const char* folder : {"wrong_a", "wrong_b", "wrong_c"})
        CHECK(fs::is_directory(course.answers() / stem / folder));
    CHECK(fs::is_regular_file(course.answers() / stem / "wrong_d.diff"));
}

TEST_CASE("An answer that cannot be read keeps none of the others from being expanded") {
    const SmallCourse course;
    for (const std::string name : {"wrong_a", "wrong_c"})
        course.write_answer(name + "/shop.cpp", words + wrong);
    CHECK(answers::shrink(course.root(), course.answers()) == 0);
    course.write_answer("wrong_b.diff", "no diff\n");
    CHECK(answers::expand(course.root(), course.answers()) == 1);
    CHECK(fs::is_directory(course.answers() / stem / "wrong_a"));
    CHECK(course.read_answer("wrong_b.diff") == "no diff\n");
    CHECK(fs::is_directory(course.answers() / stem / "wrong_c"));
}

TEST_CASE("A diff opens with what is said of the answer and with nothing else") {
    const SmallCourse course;
    course.write_answer("wrong_x.diff", "Rejected: A\n\n--- a\n+++ a\n@@ -1 +1 @@\n-a\n+b\n");
    CHECK_THROWS_AS(course.answer("wrong_x"), std::runtime_error);
    course.write_answer("wrong_x.diff", "Rejected by: A\n");
    CHECK(course.answer("wrong_x").rejected_by.size() == 1);
    CHECK_THROWS_AS(course.overlay("wrong_x"), std::runtime_error);  // differs in nothing
    CHECK_THROWS_AS(course.answer("wrong_y"), std::runtime_error);
}

TEST_CASE("The words that a file opens with end with a line that is empty or no comment") {
    const auto rest = [](const std::string& text) {
        return std::string(tools::opening_of(text).rest);
    };
    CHECK(rest(words + "// Its own.\n") == "// Its own.\n");
    CHECK(rest("// Overlooks: a\n//\n// Its own.\n") == "// Its own.\n");
    CHECK(rest("// Rejected by: a\nint b;\n") == "int b;\n");
    CHECK(rest("// Its own.\n\nint b;\n") == "// Its own.\n\nint b;\n");
    CHECK(rest("// Rejected by: a").empty());
    CHECK(rest("").empty());
}

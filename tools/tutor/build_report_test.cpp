// What a learner is told of a lesson that cannot be built.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "process/temporary_folder.hpp"
#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/mini_course.hpp"

namespace fs = std::filesystem;

TEST_CASE("A folder without tests, and a lesson without files, keep no other from being built") {
    const MiniCourse course;
    const fs::path lessons = course.root() / "lessons";
    const fs::path extra = lessons / "00_warm_up.bak";
    fs::create_directories(extra);
    put(extra / "shop.cpp", course.starter());
    fs::create_directories(lessons / "01_third_day");
    course.record();
    fs::remove_all(lessons / "01_second_day");
    const tools::Outcome outcome = course.learn({"test", "00"});
    const tools::Outcome gone = course.learn({"test", "01"});
    for (const fs::path& each : {extra, lessons / "01_third_day"}) fs::remove_all(each);
    INFO(outcome.output);
    CHECK(outcome.exit_status == 1);
    CHECK(has(outcome.output, "1 of 2 green."));
    CHECK(has(outcome.output, "lessons/00_warm_up.bak is ignored"));
    INFO(gone.output);
    CHECK(gone.exit_status == 3);
    CHECK(has(gone.output, "lessons/01_second_day/shop.cpp is gone."));
    CHECK(has(gone.output, "./learn reset 01 brings it back"));
    CHECK_FALSE(has(gone.output, "No SOURCES"));
    CHECK_FALSE(has(gone.output, "fix it"));
}

TEST_CASE("A file that is gone, closed or no text is told as such, and no line is blamed") {
    const MiniCourse course;
    const fs::path folder = course.root() / "lessons/00_warm_up";
    const auto tested = [&] {
        const tools::Outcome outcome = course.learn({"test", "00"});
        UNSCOPED_INFO(outcome.output);
        CHECK(outcome.exit_status == 3);
        CHECK_FALSE(has(outcome.output, "fix"));
        return outcome.output;
    };
    SECTION("a header that was handed out") {
        put(folder / "stock.hpp", "inline int stock() { return 1; }\n");
        course.write("#include \"stock.hpp\"\n" + course.starter());
        course.record();
        fs::remove(folder / "stock.hpp");
        CHECK(has(tested(), "lessons/00_warm_up/stock.hpp is gone.\n"));
        course.write(course.starter());
        course.record();
    }
    SECTION("the code") {
        course.record();
        fs::remove(folder / "shop.cpp");
        const std::string said = tested();
        CHECK(has(said, "lessons/00_warm_up/shop.cpp is gone.\n"));
        CHECK(has(said, "./learn reset 00 brings it back"));
    }
    SECTION("a link to nowhere beside it") {
        fs::create_symlink("/no/such/file", folder / "more.cpp");
        course.write(course.starter_with("this does not compile;"));
        CHECK(
            has(tested(), "lessons/00_warm_up/more.cpp is a link to /no/such/file, which is not"));
        CHECK(course.learn({"test", "01"}).exit_status == 1);
        fs::remove(folder / "more.cpp");
    }
    SECTION("saved as UTF-16") {
        std::string wide = "\xFF\xFE";
        for (const char c : course.starter()) wide += std::string{c, '\0'};
        course.write(wide);
        const std::string said = tested();
        CHECK(has(said, "lessons/00_warm_up/shop.cpp is saved as UTF-16"));
        CHECK(has(said, "have your editor save it as UTF-8"));
    }
}

TEST_CASE("Two files that define one function are both named") {
    const MiniCourse course;
    const fs::path other = course.root() / "lessons/00_warm_up/other.cpp";
    put(other, course.solution());
    const tools::Outcome outcome = course.learn({"test", "00"});
    fs::remove(other);
    INFO(outcome.output);
    CHECK(outcome.exit_status == 3);
    const std::string words = tools::replaced(outcome.output, "\n", " ");
    CHECK(has(words, "is defined twice"));
    CHECK(has(words, "in lessons/00_warm_up/shop.cpp"));
    CHECK(has(words, "in lessons/00_warm_up/other.cpp"));
}

TEST_CASE("A build that fails for want of room or memory blames nobody's code") {
    const MiniCourse course;
    const tools::TemporaryFolder fakes;
    for (const auto& [said, words] : std::vector<std::pair<std::string, std::string>>{
             {course.root().string() + "/" + MiniCourse::file +
                  ":30:1: fatal error: error writing to /tmp/x.s: No space left on device",
              "The disk is full."},
             {"g++: fatal error: Killed signal terminated program cc1plus",
              "The compiler was killed: there was no memory left."}}) {
        put_program(fakes.path() / "cmake", "#!/bin/sh\necho \"" + said + "\"\nexit 1\n");
        const tools::Outcome outcome = course.learn(
            {"test", "00"}, {{"PATH", fakes.path().string() + ":" + std::getenv("PATH")}});
        INFO(outcome.output);
        CHECK(outcome.exit_status == 3);
        CHECK(has(outcome.output, words));
        CHECK_FALSE(has(outcome.output, "fix"));
    }
}

TEST_CASE("Of what does not compile the learner sees the first error in the own file") {
    const MiniCourse course;
    course.write(tools::replaced(course.starter(), "find_item(connection, 1)",
                                 "find_item(connection, wantd)"));
    const std::vector<std::string_view> lines = tools::lines_of(course.starter());
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 3);
    CHECK(has(outcome.output, "00, Warm-up does not compile."));
    CHECK(has(outcome.output, "lessons/00_warm_up/shop.cpp:"));
    CHECK(has(outcome.output, "error: "));
    CHECK(has(outcome.output, "wantd"));
    CHECK(has(outcome.output, "find_item(connection, wantd);\n"));
    CHECK(has(outcome.output, "^"));
    CHECK(has(outcome.output, "build/lessons/log/00_warm_up.tests.txt"));
    CHECK(outcome.output.size() < 1500);
    CHECK(fs::exists(course.root() / "build/lessons/log/00_warm_up.tests.txt"));
    CHECK_FALSE(has(outcome.output, "\033"));
}

TEST_CASE("An error inside a library leads back to the learner's line") {
    const MiniCourse course;
    course.write(tools::replaced(
        course.starter_with("std::unique_ptr<Item> twice = std::make_unique<Item>(\"a\", \"b\");"),
        "#include <optional>", "#include <memory>\n#include <optional>"));
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 3);
    CHECK(has(outcome.output, "std::make_unique<Item>(\"a\", \"b\");\n"));
    CHECK(has(outcome.output, "The compiler reports it further in, at "));
}

TEST_CASE("A lesson without add_routes is told what the linker misses") {
    const MiniCourse course;
    course.write(tools::replaced(course.starter(), "void add_routes", "void add_some_routes"));
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 3);
    CHECK(has(outcome.output, "shop::add_routes("));
    CHECK(has(outcome.output, "defined nowhere"));
    CHECK(has(outcome.output, "common/shop/routes.hpp"));
}

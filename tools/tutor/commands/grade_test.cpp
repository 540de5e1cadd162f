// What a grade is worth: it is what the course's own tests have found in what was handed in.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "process/temporary_folder.hpp"
#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/mini_course.hpp"

namespace fs = std::filesystem;

namespace {

// What the warm-up is graded, and whether its tests were the course's.
std::string grade_of(const MiniCourse& course,
                     const std::vector<std::pair<std::string, std::string>>& environment = {}) {
    const tools::Outcome outcome = course.learn({"grade", "00", "--json"}, environment);
    INFO(outcome.output);
    const auto grades = nlohmann::json::parse(outcome.output);
    CHECK((outcome.exit_status == 0) == (grades.at(0).at("verdict") == "green"));
    return grades.at(0).at("verdict");
}

// What a student hands in: a file for the warm-up,
// packed with a time from before the course was built here.
class HandedIn {
 public:
    explicit HandedIn(const MiniCourse& course) : course_(course) {}

    void pack(const std::string& student, const std::string& shop,
              const std::string& tests = {}) const {
        const fs::path folder = folder_.path() / student;
        std::vector<std::string> words = {
            "tar", "-C", folder.string(), "-cf", archive(student), MiniCourse::file};
        put(folder / MiniCourse::file, shop);
        if (!tests.empty()) {
            put(folder / test_file, tests);
            words.emplace_back(test_file);
        }
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            fs::last_write_time(entry.path(),
                                fs::file_time_type::clock::now() - std::chrono::hours(24 * 30));
        }
        REQUIRE(tools::run({words}).ok());
    }
    // Over the course.
    void unpack(const std::string& student) const {
        REQUIRE(tools::run({{"tar", "-C", course_.root().string(), "-xf", archive(student)}}).ok());
    }

    static constexpr const char* test_file = "tests/00_warm_up.cpp";

 private:
    std::string archive(const std::string& student) const {
        return (folder_.path() / (student + ".tar")).string();
    }

    const MiniCourse& course_;
    tools::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("Of archives with old times each is graded by what is in it, in any order") {
    const MiniCourse course;
    const HandedIn archives(course);
    archives.pack("good", course.solution());
    archives.pack("bad", course.starter());
    archives.pack("broken", "#error it does not compile\n" + course.starter());
    // Each after each.
    for (const auto& [student, verdict] :
         std::vector<std::pair<const char*, const char*>>{{"good", "green"},
                                                          {"bad", "red"},
                                                          {"good", "green"},
                                                          {"broken", "does not compile"},
                                                          {"bad", "red"},
                                                          {"broken", "does not compile"},
                                                          {"good", "green"}}) {
        INFO(student);
        archives.unpack(student);
        CHECK(grade_of(course) == verdict);
    }
}

TEST_CASE("What is no answer is not green, however it is handed in") {
    const MiniCourse course;
    const std::string tests = tools::read_file(course.root() / HandedIn::test_file);
    const HandedIn archives(course);
    const auto with = [&](const std::string& line) {
        return tools::replaced(course.starter_with(line), "#include <optional>",
                               "#include <unistd.h>\n#include <cstdlib>\n#include <fstream>\n"
                               "#include <iostream>\n#include <optional>");
    };
    // Writes a report of success where the test's own is to be, and leaves.
    const std::string forgery = R"(
        std::ifstream words("/proc/self/cmdline");
        for (std::string word, before; std::getline(words, word, '\0'); before = word) {
            if (before == "--out") std::ofstream(word) << R"X(<?xml version="1.0"?><Catch2TestRun>
<TestCase name="The teapot's page shows the teapot"><OverallResult success="true"/></TestCase>
<TestCase name="Every item's page shows that item"><OverallResult success="true"/></TestCase>
</Catch2TestRun>)X";
        }
        ::_exit(0);)";
    archives.pack("forges", with(forgery));
    archives.pack("exits", with("std::exit(0);"));
    archives.pack("leaves", with("::_exit(0);"));
    archives.pack("prints", with(R"(std::cout << "All tests passed" << std::endl;)"));
    archives.pack("hangs", with("for (volatile int i = 0;; i = i + 1) continue;"));
    archives.pack("another test", course.starter(),
                  "#include \"support/catch.hpp\"\n"
                  "TEST_CASE(\"The teapot's page shows the teapot\") {}\n"
                  "TEST_CASE(\"Every item's page shows that item\", \"[pitfall]\") {}\n");
    archives.pack("good", course.solution(), tests);
    for (const auto& [student, verdict] :
         std::vector<std::pair<const char*, const char*>>{{"forges", "red"},
                                                          {"exits", "red"},
                                                          {"good", "green"},
                                                          {"leaves", "red"},
                                                          {"another test", "tests changed"},
                                                          {"good", "green"},
                                                          {"prints", "red"},
                                                          {"hangs", "red"}}) {
        INFO(student);
        archives.unpack(student);
        CHECK(grade_of(course, {{"LEAKLINGS_PATIENCE", "1"}}) == verdict);
    }
}

TEST_CASE("A lesson that calls exit is told so") {
    const MiniCourse course;
    course.write(tools::replaced(course.starter_with("std::exit(0);"), "#include <optional>",
                                 "#include <cstdlib>\n#include <optional>"));
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 4);
    CHECK(has(outcome.output, "something in it called exit()"));
    CHECK(has(outcome.output, "GET /items/1"));  // the timeline
    CHECK_FALSE(has(outcome.output, "signal"));
}

TEST_CASE("A grade says which of the course's own files are not as it ships them") {
    const MiniCourse course;
    const fs::path support = course.root() / "tests/support/postgres_ledger.hpp";
    const std::string before = tools::read_file(support);
    course.write(course.solution());
    tools::write_file(support, before + "// edited\n");
    const tools::Outcome outcome = course.learn({"grade", "00", "0"});
    tools::write_file(support, before);
    INFO(outcome.output);
    CHECK(outcome.exit_status == 1);
    CHECK(has(outcome.output, "tests changed, 2 of 2 green"));
    CHECK(has(outcome.output, "not as shipped: tests/support/postgres_ledger.hpp"));
    CHECK(has(outcome.output, "0 of 1 lessons are green."));
    CHECK(course.learn({"grade", "00"}).exit_status == 0);
}

TEST_CASE("Grades have each lesson, each test and its message, and go on past what is broken") {
    const MiniCourse course;
    course.write(course.starter_with("this does not compile;"));
    const tools::Outcome outcome = course.learn({"grade", "--json"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 1);
    const auto grades = nlohmann::json::parse(outcome.output);
    REQUIRE(grades.size() == 2);
    CHECK(grades[0]["stem"] == "00_warm_up");
    CHECK(grades[0]["verdict"] == "does not compile");
    CHECK(has(grades[0]["message"], "lessons/00_warm_up/shop.cpp:"));
    CHECK(grades[0]["tests"][0]["verdict"] == "not run");
    CHECK(grades[1]["verdict"] == "red");
    REQUIRE(grades[1]["tests"].size() == 2);
    CHECK(grades[1]["tests"][0]["verdict"] == "passed");
    CHECK(grades[1]["tests"][1]["name"] == "Every item's page shows that item");
    CHECK(grades[1]["tests"][1]["pitfall"] == true);
    CHECK(grades[1]["tests"][1]["verdict"] == "failed");
    CHECK(has(grades[1]["tests"][1]["message"], "was shown another item"));
    CHECK(course.state_of(0) == "current");
}

TEST_CASE("Grades are plain text for people, and well when all is green") {
    const MiniCourse course;
    const tools::Outcome red = course.learn({"grade"});
    INFO(red.output);
    CHECK(red.exit_status == 1);
    CHECK(has(red.output, "red, 1 of 2 green"));
    CHECK(has(red.output, "RED Every item's page shows that item"));
    CHECK(has(red.output, "0 of 2 lessons are green."));
    course.write(course.solution());
    const tools::Outcome green = course.learn({"grade", "00"});
    INFO(green.output);
    CHECK(green.exit_status == 0);
    CHECK(has(green.output, "green, 2 of 2 green"));
    CHECK(has(green.output, "1 of 1 lessons are green."));
}

// A test that has passed is not run again as long as nothing has changed.
#include <filesystem>
#include <string>

#include "process/command.hpp"
#include "process/temporary_folder.hpp"
#include "support/catch.hpp"
#include "text/text.hpp"

namespace fs = std::filesystem;

namespace {

// A course with one file, one program, and a test that writes down each time that it is run.
class Course {
 public:
    Course() {
        fs::create_directories(root() / "build/bin");
        tools::write_file(root() / "shop.cpp", "int main() {}\n");
        is_built();
    }
    void is_built() const {
        tools::write_file(root() / "build/bin/shop", "what was built\n");
        fs::permissions(root() / "build/bin/shop", fs::perms::owner_all);
    }
    fs::path root() const { return folder_.path(); }

    void is_looked_at() const {
        CHECK(tools::run({.words = {PROVEN, "look", root().string(), build()}}).ok());
    }
    int status_of_a_test(const std::string& ends_with = "exit 0", bool anew = false) const {
        tools::Command command;
        command.words = {PROVEN, "run", build(), "sh", "-c", "echo >>\"$0\"; " + ends_with, log()};
        if (anew) command.environment.emplace_back("LEAKLINGS_ANEW", "1");
        return tools::run(command).exit_status;
    }
    std::size_t runs() const {
        return fs::exists(log()) ? static_cast<std::size_t>(fs::file_size(log())) : 0;
    }

 private:
    std::string build() const { return (root() / "build").string(); }
    std::string log() const { return (root() / "build/log").string(); }

    const tools::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("A test that has passed is not run again while the course has the same bytes") {
    const Course course;
    course.is_looked_at();
    CHECK(course.status_of_a_test() == 0);
    tools::write_file(course.root() / "build/bin/shop.times", "how long its tests took\n");
    course.is_looked_at();
    CHECK(course.status_of_a_test() == 0);
    CHECK(course.runs() == 1);

    CHECK(course.status_of_a_test("exit 0", true) == 0);
    EXPECT(course.runs() == 2, "LEAKLINGS_ANEW=1 did not run it again.");
    CHECK(course.status_of_a_test("true; exit 0") == 0);
    EXPECT(course.runs() == 3, "With other arguments it is another test.");

    tools::write_file(course.root() / "shop.cpp", "int main() { }\n");
    course.is_looked_at();
    CHECK(course.status_of_a_test() == 0);
    EXPECT(course.runs() == 4, "A file of the course has changed, and the test was not run.");

    fs::remove(course.root() / "build/bin/shop");
    course.is_built();
    course.is_looked_at();
    CHECK(course.status_of_a_test() == 0);
    EXPECT(course.runs() == 5, "A program was built anew, and the test was not run.");
}

TEST_CASE(
    "A test that has not passed is run again, and so is one of a course nobody has looked at") {
    const Course course;
    CHECK(course.status_of_a_test() == 0);
    CHECK(course.status_of_a_test() == 0);
    CHECK(course.runs() == 2);

    course.is_looked_at();
    CHECK(course.status_of_a_test("exit 3") == 3);
    CHECK(course.status_of_a_test("exit 3") == 3);
    CHECK(course.status_of_a_test("kill -9 $$") == 128 + 9);
    CHECK(course.runs() == 5);

    CHECK(course.status_of_a_test() == 0);
    CHECK(course.status_of_a_test("exit 77") == 77);  // skipped
    CHECK(course.status_of_a_test("exit 77") == 77);
    CHECK(course.runs() == 8);
}

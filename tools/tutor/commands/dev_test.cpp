// An author begins a lesson and asks what it lacks.
#include <filesystem>
#include <string>

#include "course/answer.hpp"
#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/mini_course.hpp"
#include "tutor/testing/paper_course.hpp"

namespace fs = std::filesystem;

namespace {

// The real course with no lesson but the warm-up, and with the verify of this build. It is kept
// between runs, because its first build takes a while.
class AuthorsCourse {
 public:
    AuthorsCourse() : root_(fs::path(LEAKLINGS_SCRATCH) / "authors") {
        const fs::path source = LEAKLINGS_SOURCE;
        for (const char* folder : {"lessons", "solutions", "book", "tests/answers", ".learn"})
            fs::remove_all(root_ / folder);
        fs::remove(root_ / "tests/19_lost_update.cpp");
        copy_ground_of_course(root_);
        fs::remove(root_ / "tests/README.md");  // it leads to pages that are not here
        for (const char* untested :
             {"tests/support", "tests/compile_errors", "tools/verify/testing"})
            put(root_ / untested / "CMakeLists.txt", "");
        for (const char* path : {"lessons/00_warm_up", "solutions/00_warm_up",
                                 "tests/answers/00_warm_up", "tests/00_warm_up.cpp",
                                 "book/00_warm_up.md", "tools/tutor/commands/new_chapter.md"}) {
            fs::create_directories((root_ / path).parent_path());
            fs::copy(source / path, root_ / path,
                     fs::copy_options::recursive | fs::copy_options::update_existing);
        }
        put(root_ / "book/00_warm_up.md", "# 00 · Warm-up\n");
        put(root_ / "book/SUMMARY.md", "# Summary\n\n- [00 · Warm-up](00_warm_up.md)\n");
        put(root_ / "README.md", "| [00 warm-up](book/00_warm_up.md) | A teapot. | 5 min |\n");
        put(root_ / "tools/CMakeLists.txt",
            "add_custom_target(verify COMMAND ${CMAKE_COMMAND} -E create_symlink\n  " +
                std::string(LEAKLINGS_VERIFY_PROGRAM) +
                " ${CMAKE_BINARY_DIR}/bin/verify)\n"
                "add_executable(answers IMPORTED GLOBAL)\n"
                "set_target_properties(answers PROPERTIES IMPORTED_LOCATION " +
                std::string(LEAKLINGS_ANSWERS) + ")\n");
        if (!fs::exists(root_ / "build/course/build.ninja")) configure(root_, "course");
    }

    const fs::path& root() const { return root_; }
    tools::Outcome learn(std::vector<std::string> words) const {
        tools::Command command;
        command.words = std::move(words);
        command.words.insert(command.words.begin(), LEAKLINGS_TUTOR);
        command.folder = root_;
        return tools::run(command);
    }
    tools::Outcome verify(std::vector<std::string> words) const {
        words.insert(words.begin(), {LEAKLINGS_VERIFY_PROGRAM, "--root", root_.string(), "--build",
                                     (root_ / "build/course").string()});
        return tools::run({std::move(words)});
    }

 private:
    fs::path root_;
};

}  // namespace

TEST_CASE("A lesson that was begun is one that verify takes") {
    const AuthorsCourse course;
    const tools::Outcome made = course.learn({"dev", "new", "19_lost_update"});
    INFO(made.output);
    REQUIRE(made.exit_status == 0);
    CHECK(has(made.output, "./learn dev verify 19 --refresh"));
    CHECK(has(tools::read_file(course.root() / "book/SUMMARY.md"),
              "- [00 · Warm-up](00_warm_up.md)\n- [19 · Lost update](19_lost_update.md)\n"));
    CHECK(has(tools::read_file(course.root() / "README.md"), "| [19 lost update](book/19_lost_"));
    CHECK(has(tools::read_file(course.root() / "tests/19_lost_update.cpp"), "// 19 lost update: "));

    const tools::Outcome checked = course.learn({"dev", "verify", "19", "--refresh"});
    INFO(checked.output);
    CHECK(checked.exit_status == 0);
    for (const char* part :
         {"the solution passes every test", "the starter is red for the reasons its chapter gives",
          "right_early_return passes every test", "wrong_item_before is rejected",
          "it has at least four wrong answers and another right one",
          "the chapter is in step with the files and with real runs"}) {
        INFO(part);
        CHECK(has(checked.output, part));
    }
    CHECK_FALSE(has(checked.output, "not so"));
    CHECK(course.verify({"links"}).exit_status == 0);
    CHECK(course.verify({"sleeps"}).exit_status == 0);

    // The author goes on, and forgets this and that.
    for (const tools::Answer& answer : tools::answers_of(course.root(), "19_lost_update"))
        if (answer.is_right()) fs::remove_all(answer.path);
    const fs::path chapter = course.root() / "book/19_lost_update.md";
    tools::write_file(chapter,
                      tools::replaced(tools::read_file(chapter), "## Elsewhere", "## Here"));
    const tools::Outcome lacking = course.learn({"dev", "verify", "19"});
    INFO(lacking.output);
    CHECK(lacking.exit_status == 1);
    CHECK(has(lacking.output, "of another design"));
    CHECK(has(lacking.output, "the heading \"## Elsewhere\""));

    put(course.root() / "lessons/19_lost_update/shop.cpp", "// Another beginning.\n");
    const tools::Outcome edited = course.learn({"dev", "check", "19"});  // as it was called
    CHECK(edited.exit_status == 1);
    CHECK(has(edited.output, "is not as tests/starters.sha256 has it"));
}

TEST_CASE("A lesson's name is two digits and words, and both are free") {
    const PaperCourse course;
    for (const char* name : {"lost_update", "1_lost", "19-lost", "19_Lost", "../19_lost", "19_"}) {
        const tools::Outcome outcome = course.learn({"dev", "new", name});
        INFO(name);
        CHECK(outcome.exit_status == 2);
        CHECK(has(outcome.output, "is no name for a lesson"));
    }
    const tools::Outcome taken = course.learn({"dev", "new", "01_other"});
    CHECK(taken.exit_status == 2);
    CHECK(has(taken.output, "There is a lesson 01 already: 01_second."));
    course.write("book/19_lost.md", "mine\n");
    CHECK(has(course.learn({"dev", "new", "19_lost"}).output, "book/19_lost.md is there already"));
    CHECK(course.learn({"dev"}).exit_status == 2);
}

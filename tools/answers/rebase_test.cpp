// Solutions change, and their answers with them. Needs git, as authors have it.
#include <filesystem>
#include <stdexcept>
#include <string>

#include "answers/answers.hpp"
#include "answers/testing/small_course.hpp"
#include "process/command.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using namespace small_course;

TEST_CASE("What has changed in a solution is merged into its answers") {
    const SmallCourse course;
    course.write_answer("wrong_x/shop.cpp", words + wrong);
    course.write_answer("wrong_y/shop.cpp", replaced(solution, "line 20\n", "line twenty\n"));
    answers::shrink(course.root(), course.answers());
    const std::string untouched = course.read_answer("wrong_y.diff");
    fs::copy(course.root() / "solutions", course.root() / "old", fs::copy_options::recursive);
    const auto mended = [](const std::string& text) {
        return replaced(text, "line 12\n", "line twelve\n");
    };
    course.write("solutions/01_name/shop.cpp", mended(solution));
    CHECK_THROWS_AS(course.overlay("wrong_x"), std::runtime_error);
    CHECK(answers::rebase(course.root(), (course.root() / "old").string()) == 0);
    CHECK(course.overlay("wrong_x") == tools::Overlay{{"shop.cpp", mended(wrong)}});
    CHECK(course.answer("wrong_x").overlooks == "the one and the other.");
    CHECK(course.read_answer("wrong_y.diff") == untouched);
    const auto once = files_below(course.answers());
    CHECK(answers::rebase(course.root(), (course.root() / "old").string()) == 0);
    CHECK(files_below(course.answers()) == once);
}

TEST_CASE("The old solutions come out of git") {
    const SmallCourse course;
    course.write_answer("wrong_x/shop.cpp", words + wrong);
    answers::shrink(course.root(), course.answers());
    for (const char* git :
         {"init -q", "add -A", "-c user.name=A -c user.email=a@b commit -qm old"}) {
        tools::Command command;
        command.words = {"sh", "-c", std::string("git ") + git};
        command.folder = course.root();
        const tools::Outcome outcome = tools::run(command);
        INFO(outcome.output);
        REQUIRE(outcome.ok());
    }
    const std::string changed = replaced(solution, "line 12\n", "line twelve\n");
    course.write("solutions/01_name/shop.cpp", changed);
    CHECK(answers::rebase(course.root(), "HEAD") == 0);
    CHECK(course.overlay("wrong_x") ==
          tools::Overlay{{"shop.cpp", replaced(changed, "line 9\n", "line nine\n")}});
    course.write("solutions/01_name/shop.cpp", replaced(solution, "line 8\n", "line eight\n"));
    CHECK(answers::rebase(course.root(), "no_such_revision") == 1);
}

TEST_CASE(
    "Where answer and solution changed the same line, the answer becomes a folder to be resolved") {
    const SmallCourse course;
    course.write_answer("wrong_x/shop.cpp", words + wrong);
    answers::shrink(course.root(), course.answers());
    fs::copy(course.root() / "solutions", course.root() / "old", fs::copy_options::recursive);
    course.write("solutions/01_name/shop.cpp", replaced(solution, "line 9\n", "line IX\n"));
    CHECK(answers::rebase(course.root(), (course.root() / "old").string()) == 1);
    CHECK_FALSE(fs::exists(course.answers() / stem / "wrong_x.diff"));
    const std::string text = course.read_answer("wrong_x/shop.cpp");
    CHECK(text.starts_with(words));
    CHECK(text.find("<<<<<<< the answer\nline nine\n=======\nline IX\n>>>>>>> the solution\n") !=
          std::string::npos);
    CHECK(answers::shrink(course.root(), course.answers()) == 1);  // not before it is solved
    CHECK(course.read_answer("wrong_x/shop.cpp") == text);
    course.write_answer("wrong_x/shop.cpp", words + wrong);
    CHECK(answers::shrink(course.root(), course.answers()) == 0);
    CHECK(course.overlay("wrong_x") == tools::Overlay{{"shop.cpp", wrong}});
}

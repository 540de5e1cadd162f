// The script ./learn: what it finds missing, what it builds, what it says when that goes wrong.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "process/temporary_folder.hpp"
#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/script_course.hpp"
#include "tutor/testing/terminal.hpp"

namespace fs = std::filesystem;

namespace {

tools::Command on_terminal(tools::Command command) {
    command.environment.emplace_back("TERM", "xterm");
    return command;
}

// What ./learn has CMake compile with. This build compiles nothing; it writes down what it is asked
// to take, and has it in its cache as one that does would.
struct CompilerChoice {
    CompilerChoice() {
        for (const char* compiler : {"c++", "g++"})
            course.fake(compiler, std::string("echo ") + compiler);
        course.add_to_build(
            "file(APPEND ${CMAKE_SOURCE_DIR}/asked \"<$ENV{CXX}>\")\n"
            "separate_arguments(words UNIX_COMMAND \"$ENV{CXX} c++\")\n"
            "list(GET words 0 compiler)\n"
            "find_program(CMAKE_CXX_COMPILER NAMES ${compiler})\n");
    }
    std::string learn(const std::string& cxx = "") const {
        tools::Command command = course.command({"list"});
        command.environment.emplace_back("CXX", cxx);
        return tools::run(command).output;
    }
    std::string asked() const { return tools::read_file(course.root() / "asked"); }

    const ScriptCourse course;
};

// A course whose lesson 07 needs PostgreSQL, which is not here until apt-get is told to install it.
struct NeedyLesson {
    NeedyLesson() {
        course.add_to_build(
            "file(REMOVE_RECURSE ${CMAKE_BINARY_DIR}/missing)\n"
            "if(NOT EXISTS ${CMAKE_SOURCE_DIR}/postgresql)\n"
            "  file(WRITE ${CMAKE_BINARY_DIR}/missing/07_two_shops \"PostgreSQL\\n\")\n"
            "endif()\n");
        course.fake("apt-get", "echo \"$*\" >>\"$FAKES/told\"\ntouch \"" +
                                   (course.root() / "postgresql").string() + "\"");
        put(course.root() / "tests/06_before.cpp", "");
        put(course.root() / "tests/07_two_shops.cpp", "");
        at("06_before");
        REQUIRE(course.learn({"list"}).exit_status == 0);
        REQUIRE_FALSE(installed());
    }
    // The lesson that the tutor says is the current one.
    void at(const std::string& stem) const {
        if (stem > "06_before") put(course.root() / ".learn/progress.db", "...06_before...");
        course.tutor_does(
            "[ \"$*\" != 'list --json' ] || printf '    \"stem\": \"%s\",\\n    \"title\": "
            "\"x\",\\n    \"state\": \"current\",\\n' " +
            stem);
    }
    bool installed() const { return has(course.told_to_apt(), " libpq-dev postgresql\n"); }

    const ScriptCourse course;
};

}  // namespace

TEST_CASE("The script's help works before anything is built, and builds nothing") {
    const ScriptCourse course;
    const tools::Outcome outcome = course.learn({"--help"});
    CHECK(outcome.exit_status == 0);
    CHECK(has(outcome.output, "./learn verify"));
    CHECK(has(outcome.output, "3 the lesson does not compile"));
    CHECK_FALSE(fs::exists(course.root() / "build"));
}

TEST_CASE("The first run builds the tutor and hands its words on as they are") {
    const ScriptCourse course;
    const tools::Outcome outcome = course.learn({"run", "01", "--database", "my shop.db", ""});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(has(outcome.output, "<run>\n<01>\n<--database>\n<my shop.db>\n<>\n"));
    CHECK(course.told_to_apt().empty());
    CHECK_FALSE(has(outcome.output, "\033"));
}

TEST_CASE("The tutor's exit status is the script's") {
    const ScriptCourse course;
    course.tutor_does("[ \"$1\" = --version ] || exit 4");
    CHECK(course.learn({"test"}).exit_status == 4);
}

TEST_CASE("When everything is there nothing is configured, built or said") {
    const ScriptCourse course;
    REQUIRE(course.learn({}).exit_status == 0);
    course.fake("cmake", "exit 99");
    course.fake("dpkg-query", "exit 99");
    const tools::Outcome outcome = course.learn({"list"});
    CHECK(outcome.exit_status == 0);
    CHECK(outcome.output == "<list>\n");
}

TEST_CASE("A tutor whose source has changed is built again") {
    const ScriptCourse course;
    REQUIRE(course.learn({}).exit_status == 0);
    course.tutor_does("echo new");
    CHECK(has(course.learn({}).output, "new\n"));
}

TEST_CASE("A tutor that no longer starts is built again") {
    const ScriptCourse course;
    REQUIRE(course.learn({}).exit_status == 0);
    put(course.root() / "build/lessons/bin/tutor", "#!/no/such/library\n");
    CHECK(has(course.learn({"list"}).output, "<list>\n"));
}

TEST_CASE("Called by a link to it the script is at home where it lies") {
    const ScriptCourse course;
    const tools::TemporaryFolder folder;
    const fs::path bin = folder.path() / "bin";
    fs::create_directories(bin);
    fs::create_symlink(course.root() / "learn", folder.path() / "first");
    fs::create_symlink("../first", bin / "learn");
    tools::Command command = course.command({"list"});
    command.words.front() = (bin / "learn").string();
    const tools::Outcome outcome = tools::run(command);
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(has(outcome.output, "<list>\n"));
    CHECK(fs::exists(course.root() / "build"));
    CHECK_FALSE(fs::exists(bin / "build"));
}

TEST_CASE("Only the first build is said to take long") {
    const ScriptCourse course;
    CHECK(has(course.learn({}).output, "the first time"));
    course.tutor_does("echo new");
    const tools::Outcome again = course.learn({});
    INFO(again.output);
    CHECK(has(again.output, "Building the tutor ..."));
    CHECK_FALSE(has(again.output, "the first time"));
}

TEST_CASE("A file that is dated in the future is built from once") {
    const ScriptCourse course;
    fs::last_write_time(course.root() / "cmake/more.cmake",
                        fs::file_time_type::clock::now() + std::chrono::hours(1000));
    REQUIRE(course.learn({}).exit_status == 0);
    CHECK(course.learn({"list"}).output == "<list>\n");
    course.tutor_does("echo new");
    CHECK(has(course.learn({}).output, "new\n"));
}

TEST_CASE("What stands in the place of the build folder is named") {
    const ScriptCourse course;
    const fs::path build = course.root() / "build";
    SECTION("a link to nowhere") {
        fs::create_symlink("/no/such/disk", build);
        const tools::Outcome outcome = course.learn({"list"});
        INFO(outcome.output);
        CHECK(outcome.exit_status == 2);
        CHECK(has(outcome.output, "build is a link to /no/such/disk, which is not there"));
        CHECK_FALSE(has(outcome.output, "full"));
    }
    SECTION("a file") {
        put(build, "mine\n");
        const tools::Outcome outcome = course.learn({"list"});
        INFO(outcome.output);
        CHECK(outcome.exit_status == 2);
        CHECK(has(outcome.output, "build is a file where a folder should be"));
        CHECK_FALSE(has(outcome.output, "full"));
        CHECK(tools::read_file(build) == "mine\n");
    }
    SECTION("a full disk") {
        course.fake("dd", "echo \"dd: error writing 'x': No space left on device\" >&2; exit 1");
        const tools::Outcome outcome = course.learn({"list"});
        INFO(outcome.output);
        CHECK(outcome.exit_status == 2);
        CHECK(has(outcome.output, "the disk is full"));
    }
    SECTION("something else that cannot be written") {
        course.fake("dd", "echo \"dd: failed to open 'x': Stale file handle\" >&2; exit 1");
        const tools::Outcome outcome = course.learn({"list"});
        INFO(outcome.output);
        CHECK(outcome.exit_status == 2);
        CHECK(has(outcome.output, "build: Stale file handle"));
        CHECK_FALSE(has(outcome.output, "full"));
    }
}

TEST_CASE("A compiler that CXX asks for in vain is named, and CMake not even asked") {
    const ScriptCourse course;
    tools::Command command = course.command({"list"});
    command.environment.emplace_back("CXX", "nonsense -O2");
    const tools::Outcome outcome = tools::run(command);
    INFO(outcome.output);
    CHECK(outcome.exit_status == 2);
    CHECK(outcome.output ==
          "CXX asks for the compiler nonsense, which is not here: unset CXX, or set it to one "
          "that is.\n");
}

TEST_CASE("A clang that works is taken and named, and else the system's compiler is") {
    const CompilerChoice choice;
    SECTION("one that works") {
        choice.course.fake("clang++", "");
        CHECK(has(choice.learn(), "The compiler is clang++."));
        CHECK(choice.asked() == "<clang++>");
    }
    SECTION("one with its version in its name") {
        choice.course.fake("clang++-16", "");
        CHECK(has(choice.learn(), "The compiler is clang++-16."));
        CHECK(choice.asked() == "<clang++-16>");
    }
    SECTION("one that cannot compile") {
        CHECK_FALSE(has(choice.learn(), "The compiler is"));
        CHECK(choice.asked() == "<>");
    }
    SECTION("one that CXX does not ask for") {
        choice.course.fake("clang++", "");
        CHECK_FALSE(has(choice.learn("g++ -O1"), "The compiler is"));
        CHECK(choice.asked() == "<g++ -O1>");
    }
    CHECK_FALSE(fs::exists(choice.course.root() / "build/.probe"));
}

TEST_CASE("A build folder keeps its compiler until CXX asks for another") {
    const CompilerChoice choice;
    choice.learn();
    REQUIRE(choice.asked() == "<>");
    choice.course.fake("clang++", "");
    choice.course.tutor_does("echo new");
    CHECK(has(choice.learn(), "new\n"));
    CHECK(choice.learn("c++") == "new\n");
    CHECK(choice.asked() == "<>");

    CHECK(has(choice.learn("clang++"),
              "CXX asks for another compiler than it was set up for. build/lessons is made "
              "afresh."));
    CHECK(choice.asked() == "<><clang++>");
    CHECK(choice.learn("clang++") == "new\n");
    CHECK(choice.learn() == "new\n");
}

TEST_CASE("What one lesson needs is installed when that lesson is asked for") {
    for (const auto& words :
         std::vector<std::vector<std::string>>{{"test", "7"},
                                               {"run", "07", "--port", "1"},
                                               {"watch", "07"},
                                               {"web", "07"},
                                               {"test", "--all", "shop"},
                                               {"test", "lessons/07_two_shops/"},
                                               {"run", "./tests/07_two_shops.cpp"}}) {
        const NeedyLesson lesson;
        const tools::Outcome outcome = lesson.course.learn(words);
        INFO(words.back() << ": " << outcome.output);
        CHECK(outcome.exit_status == 0);
        CHECK(lesson.installed());
        CHECK_FALSE(fs::exists(lesson.course.root() / "build/lessons/missing"));
    }
}

TEST_CASE("What one lesson needs is not asked of those who take another") {
    const NeedyLesson lesson;
    for (const auto& words : std::vector<std::vector<std::string>>{{"test", "01"},
                                                                   {"test", "70"},
                                                                   {"test", "hops"},
                                                                   {"hint", "07"},
                                                                   {"test"},
                                                                   {"test", "--all"},
                                                                   {}}) {
        CHECK(lesson.course.learn(words).exit_status == 0);
    }
    CHECK_FALSE(lesson.installed());
}

TEST_CASE("What the current lesson needs is installed when it is opened") {
    const NeedyLesson lesson;
    lesson.at("07_two_shops");
    SECTION("by a verb that names none") {
        lesson.course.learn({"test"});
        CHECK(lesson.installed());
    }
    SECTION("on a terminal, after a go-ahead") {
        Terminal terminal(on_terminal(lesson.course.command({})));
        REQUIRE(terminal.sees("Install it now? [Y/n]"));
        terminal.type("\r");
        CHECK(terminal.end() == 0);
        CHECK(lesson.installed());
    }
    SECTION("not on a terminal, if the answer is no") {
        Terminal terminal(on_terminal(lesson.course.command({})));
        REQUIRE(terminal.sees("Install it now? [Y/n]"));
        terminal.type("n\r");
        CHECK(terminal.end() == 0);
        CHECK(has(terminal.seen(), "Going on without PostgreSQL: lesson 07 is skipped."));
        CHECK_FALSE(lesson.installed());
    }
}

TEST_CASE("Verify installs what single lessons need") {
    const NeedyLesson lesson;
    lesson.course.learn({"verify"});
    CHECK(lesson.installed());
}

TEST_CASE("A course that was moved is built afresh, with a word") {
    ScriptCourse course;
    REQUIRE(course.learn({}).exit_status == 0);
    course.move_away();
    const tools::Outcome outcome = course.learn({"list"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(has(outcome.output, "was moved or copied"));
    CHECK(has(outcome.output, "<list>\n"));
    CHECK(course.learn({"list"}).output == "<list>\n");
}

TEST_CASE("A damaged build folder is made afresh, with a word") {
    const ScriptCourse course;
    REQUIRE(course.learn({}).exit_status == 0);
    const fs::path build = course.root() / "build/lessons";
    SECTION("without its cache's entries") {
        put(build / "CMakeCache.txt", "x");
        fs::remove(build / "tutor.stamp");
        const tools::Outcome outcome = course.learn({"list"});
        INFO(outcome.output);
        CHECK(has(outcome.output, "The build folder is damaged. build/lessons is made afresh."));
        CHECK(has(outcome.output, "<list>\n"));
    }
    SECTION("with garbage in its cache") {
        put(build / "CMakeCache.txt",
            tools::read_file(build / "CMakeCache.txt") + "\n\x01garbage\n");
        fs::remove(build / "build.ninja");
        fs::remove(build / "tutor.stamp");
        const tools::Outcome outcome = course.learn({"list"});
        INFO(outcome.output);
        CHECK(has(outcome.output, "build/lessons is made afresh."));
        CHECK(has(outcome.output, "<list>\n"));
    }
    SECTION("with garbage for its rules") {
        put(build / "build.ninja", "garbage\n");
        fs::remove(build / "tutor.stamp");
        const tools::Outcome outcome = course.learn({"list"});
        INFO(outcome.output);
        CHECK(has(outcome.output, "build/lessons is made afresh."));
        CHECK(has(outcome.output, "<list>\n"));
    }
}

TEST_CASE("A build that fails shows its noise and where the rest is") {
    const ScriptCourse course;
    course.add_to_build(
        "add_custom_target(broken COMMAND ${CMAKE_COMMAND} -E cat /no/such/file)\n"
        "add_dependencies(tutor broken)\n");
    const tools::Outcome outcome = course.learn({});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 2);
    CHECK(has(outcome.output, "/no/such/file"));
    CHECK(has(outcome.output, "Building failed."));
    CHECK(has(outcome.output, "build/lessons.log"));
}

TEST_CASE("Without a terminal what is missing is named and installed") {
    const ScriptCourse course;
    course.miss_packages();
    const tools::Outcome outcome = course.learn({"list"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(has(outcome.output, "libsqlite3-dev libsqlitecpp-dev libfmt-dev"));
    CHECK(has(outcome.output, "apt-get install"));
    CHECK(has(outcome.output, "<list>\n"));
    const std::string told = course.told_to_apt();
    CHECK(has(told, "noninteractive -q update\n"));
    CHECK(has(told, "--no-upgrade"));
    CHECK(has(told, " libcli11-dev libpugixml-dev libcmark-gfm-dev"));
    CHECK_FALSE(has(told, "catch2"));
    CHECK_FALSE(has(told, "cmake"));
}

TEST_CASE("What a newer course needs besides is installed when it is there") {
    const ScriptCourse course;
    course.learn({"list"});
    REQUIRE(course.told_to_apt().empty());
    course.miss_packages();
    course.learn({"list"});
    CHECK(course.told_to_apt().empty());  // it is not looked for each time
    const fs::path packages = course.root() / "tools/bootstrap/apt.sh";
    put(packages, tools::read_file(packages) + "# newer\n");
    course.learn({"list"});
    CHECK(has(course.told_to_apt(), "libcmark-gfm-dev"));
}

TEST_CASE("On a terminal nothing is installed before a go-ahead") {
    const ScriptCourse course;
    course.miss_packages();
    Terminal refusing(on_terminal(course.command({"list"})));
    REQUIRE(refusing.sees("Install it now? [Y/n]"));
    refusing.type("n\r");
    CHECK(refusing.end() == 2);
    CHECK(has(refusing.seen(), "Nothing was installed. To do it by hand:\n  apt-get update &&"));
    CHECK(course.told_to_apt().empty());

    Terminal agreeing(on_terminal(course.command({"list"})));
    REQUIRE(agreeing.sees("Install it now? [Y/n]"));
    agreeing.type("\r");
    CHECK(agreeing.end() == 0);
    CHECK(has(agreeing.seen(), "<list>\n"));
    CHECK(has(course.told_to_apt(), "install"));
}

TEST_CASE("Without root it installs with sudo, and without sudo it says what to do") {
    const ScriptCourse course;
    course.miss_packages();
    course.fake("id", "echo 1000");
    course.fake("sudo", "[ \"$1\" = -n ] && shift\necho \"sudo $*\" >>\"$FAKES/told\"\n\"$@\"");
    const tools::Outcome outcome = course.learn({"list"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(has(outcome.output, "sudo apt-get update && sudo apt-get install"));
    CHECK(has(course.told_to_apt(), "sudo env DEBIAN_FRONTEND=noninteractive apt-get -q update\n"));

    course.miss_packages();
    course.fake("sudo", "exit 1");
    fs::remove(course.root() / "build/lessons/tutor.stamp");
    const tools::Outcome refused = course.learn({"list"});
    CHECK(refused.exit_status == 2);
    CHECK(has(refused.output, "sudo did not let you install"));
}

TEST_CASE("An installation that fails shows why") {
    const ScriptCourse course;
    course.miss_packages();
    course.fake("apt-get", "echo \"E: Unable to fetch some archives\"; exit 100");
    const tools::Outcome outcome = course.learn({});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 2);
    CHECK(has(outcome.output, "E: Unable to fetch some archives"));
    CHECK(has(outcome.output, "apt-get install failed"));
}

TEST_CASE("A CMake that is too old is told by its version") {
    const ScriptCourse course;
    course.fake("cmake", "echo cmake version 3.22.1");
    const tools::Outcome outcome = course.learn({});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 2);
    CHECK(has(outcome.output, "CMake 3.22 is too old: the course needs 3.25 or later."));
}

TEST_CASE("Ctrl-C while it builds ends it with status 130") {
    const ScriptCourse course;
    course.add_to_build(
        "add_custom_target(short COMMAND ${CMAKE_COMMAND} -E true)\n"
        "add_custom_target(long COMMAND ${CMAKE_COMMAND} -E sleep 100)\n"
        "add_dependencies(long short)\n"
        "add_dependencies(tutor long)\n");
    Terminal terminal(on_terminal(course.command({})));
    REQUIRE(terminal.sees("Building the tutor"));
    REQUIRE(terminal.sees("[1/"));
    terminal.type("\x03");
    CHECK(terminal.end() == 130);
    CHECK(has(terminal.seen(), "Stopped."));
}

TEST_CASE("Verify ends well only when everything does") {
    const ScriptCourse course;
    course.add_to_build("add_test(NAME good COMMAND ${CMAKE_COMMAND} -E true)\n");
    const tools::Outcome good = course.learn({"verify"});
    INFO(good.output);
    CHECK(good.exit_status == 0);
    CHECK(has(good.output, "about"));
    CHECK(has(good.output, "minutes"));
    CHECK(has(good.output, "100% tests passed"));

    course.add_to_build(
        "add_test(NAME bad COMMAND ${CMAKE_COMMAND} -E cat no_such_shop)\n"
        "add_test(NAME fine COMMAND ${CMAKE_COMMAND} -E echo said in vain)\n");
    const tools::Outcome bad = course.learn({"verify"});
    INFO(bad.output);
    CHECK(bad.exit_status != 0);
    const std::string again = bad.output.substr(
        std::min(bad.output.find("What the tests that failed said"), bad.output.size()));
    CHECK(has(again, "\nbad\n"));
    CHECK(has(again, "no_such_shop"));
    CHECK_FALSE(has(again, "said in vain"));
    CHECK(again.ends_with("\n50% tests passed, 1 tests failed out of 2\n"));

    course.add_to_build("message(FATAL_ERROR \"this course is broken\")\n");
    const tools::Outcome broken = course.learn({"verify"});
    CHECK(broken.exit_status != 0);
    CHECK(has(broken.output, "this course is broken"));

    CHECK(course.learn({"verify", "--quick"}).exit_status == 2);
}

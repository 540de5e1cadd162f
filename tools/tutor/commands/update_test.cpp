// A newer course comes by git, and nothing of the learner's is lost on the way.
#include <nlohmann/json.hpp>
#include <string>

#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/paper_course.hpp"

namespace fs = std::filesystem;

namespace {

const std::string first_file = "lessons/00_first/shop.cpp";
const std::string second = "lessons/01_second/shop.cpp";

void git(const fs::path& folder, std::vector<std::string> words) {
    for (const char* word : {"user.email=x@localhost", "-c", "user.name=x", "-c", "git"})
        words.insert(words.begin(), word);
    tools::Command command;
    command.words = std::move(words);
    command.folder = folder;
    const tools::Outcome outcome = tools::run(command);
    if (!outcome.ok()) throw std::runtime_error(outcome.output);
}

// A course that its authors work on, and a learner's clone of it.
class Clone {
 public:
    Clone() {
        put(course_.root() / ".gitignore", "/build/\n/.learn/\n");
        put(course_.root() / "common/gone.hpp", "// soon gone\n");
        git(course_.root(), {"init", "-q", "-b", "main"});
        publish();
        git(folder_.path(), {"clone", "-q", course_.root().string(), "my course"});
    }

    fs::path root() const { return folder_.path() / "my course"; }
    const PaperCourse& authors() const { return course_; }

    void publish() const {
        course_.record();
        git(course_.root(), {"add", "-A"});
        git(course_.root(), {"commit", "-qm", "A newer course"});
    }
    tools::Outcome learn(std::vector<std::string> words) const {
        tools::Command command;
        command.words = std::move(words);
        command.words.insert(command.words.begin(), LEAKLINGS_TUTOR);
        command.folder = root();
        return tools::run(command);
    }
    std::string read(const std::string& file) const { return tools::read_file(root() / file); }
    void write(const std::string& file, const std::string& text) const { put(root() / file, text); }
    // Nothing that git would commit.
    bool is_clean() const {
        tools::Command command;
        command.words = {"git", "status", "--porcelain"};
        command.folder = root();
        return tools::run(command).output.empty();
    }

 private:
    PaperCourse course_;
    tools::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("An update brings what is new and takes away what is gone") {
    const Clone clone;
    clone.authors().write(first_file, "// A newer first.\n");
    clone.authors().write("lessons/02_third/shop.cpp", "// A third.\n");
    clone.authors().write("solutions/02_third/shop.cpp", "// A third, right.\n");
    clone.authors().write("tests/02_third.cpp", "// A third's tests.\n");
    fs::remove_all(clone.authors().root() / "common");
    clone.publish();
    const tools::Outcome outcome = clone.learn({"update"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(has(outcome.output, "New: lessons/02_third"));
    CHECK(clone.read(first_file) == "// A newer first.\n");
    CHECK_FALSE(fs::exists(clone.root() / "common"));
    CHECK(clone.is_clean());
    const tools::Outcome again = clone.learn({"update"});
    CHECK(again.exit_status == 0);
    CHECK(has(again.output, "This is the newest course"));
}

TEST_CASE("What the learner has edited stays, and the newer version is kept beside it") {
    const Clone clone;
    clone.write(first_file, "// mine\n");
    clone.write("lessons/00_first/mine.hpp", "// not git's\n");
    clone.authors().write(first_file, "// A newer first.\n");
    clone.authors().write(second, "// A newer second.\n");
    clone.publish();
    const tools::Outcome outcome = clone.learn({"update"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(clone.read(first_file) == "// mine\n");
    CHECK(clone.read("lessons/00_first/mine.hpp") == "// not git's\n");
    CHECK(clone.read(second) == "// A newer second.\n");
    CHECK(has(outcome.output, first_file));
    CHECK(clone.read(".learn/kept/update.1/" + first_file) == "// A newer first.\n");

    CHECK(clone.learn({"reset", "00"}).exit_status == 0);  // the newer one, out of git
    CHECK(clone.read(first_file) == "// A newer first.\n");
}

TEST_CASE("An edit that the newer course does not touch is not even spoken of") {
    const Clone clone;
    clone.write(first_file, "// mine\n");
    clone.authors().write(second, "// A newer second.\n");
    clone.publish();
    const tools::Outcome outcome = clone.learn({"update"});
    CHECK(outcome.exit_status == 0);
    CHECK_FALSE(has(outcome.output, first_file));
    CHECK(clone.read(first_file) == "// mine\n");
    CHECK_FALSE(fs::exists(clone.root() / ".learn/kept"));
}

TEST_CASE("Of an edited lesson that may not compile with the newer course it is said what to do") {
    const Clone clone;
    clone.write(first_file, "// mine\n");
    const auto is_said = [&](const std::string& lesson) {
        const tools::Outcome outcome = clone.learn({"update"});
        INFO(outcome.output);
        CHECK(outcome.exit_status == 0);
        CHECK(has(outcome.output, "./learn reset and its number") ==
              has(outcome.output, "may not compile"));
        return has(outcome.output, "Your lessons/" + lesson + " may not compile");
    };
    SECTION("the course has changed the same lesson") {
        clone.authors().write("lessons/00_first/other.hpp", "// new\n");
        clone.publish();
        CHECK(is_said("00_first"));
    }
    SECTION("the course has changed what lessons include") {
        clone.authors().write("common/gone.hpp", "// another\n");
        clone.publish();
        CHECK(is_said("00_first"));
    }
    SECTION("the course has changed something else") {
        clone.authors().write(second, "// A newer second.\n");
        clone.authors().write("common/other.cpp", "// no header\n");
        clone.publish();
        CHECK_FALSE(is_said("00_first"));
    }
    SECTION("another lesson is edited") {
        clone.authors().write(second, "// A newer second.\n");
        clone.publish();
        CHECK_FALSE(is_said("01_second"));
    }
}

TEST_CASE("A file of the learner's where the newer course has one stays") {
    const Clone clone;
    clone.write("lessons/02_third/shop.cpp", "// mine\n");
    clone.authors().write("lessons/02_third/shop.cpp", "// A third.\n");
    clone.publish();
    const tools::Outcome outcome = clone.learn({"update"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(clone.read("lessons/02_third/shop.cpp") == "// mine\n");
}

TEST_CASE("An update that was broken off is gone on with") {
    const Clone clone;
    clone.write(second, "// mine\n");
    clone.authors().write(first_file, "// A newer first.\n");
    clone.authors().write(second, "// A newer second.\n");
    clone.publish();
    clone.write(first_file, "// A newer first.\n");  // this far it came
    const tools::Outcome outcome = clone.learn({"update"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK_FALSE(has(outcome.output, first_file));
    CHECK(clone.read(second) == "// mine\n");
    CHECK(has(clone.learn({"update"}).output, "newest"));
}

TEST_CASE("A lesson that is called otherwise takes its progress along, and the edits stay") {
    const Clone clone;
    REQUIRE(clone.learn({"hint", "01"}).exit_status == 0);
    REQUIRE(clone.learn({"skip", "01"}).exit_status == 0);
    clone.write(second, "// mine\n");
    for (const char* place : {"lessons/", "solutions/", "tests/", "book/"}) {
        const fs::path folder = clone.authors().root() / place;
        const std::string ending = fs::exists(folder / "01_second")       ? ""
                                   : fs::exists(folder / "01_second.cpp") ? ".cpp"
                                                                          : ".md";
        fs::rename(folder / ("01_second" + ending), folder / ("01_other" + ending));
    }
    clone.publish();
    const tools::Outcome outcome = clone.learn({"update"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(has(outcome.output, "lessons/01_second is now lessons/01_other.\n"));
    CHECK(has(outcome.output, "What you wrote is still in lessons/01_second"));
    CHECK_FALSE(has(outcome.output, "New: "));
    CHECK(clone.read(second) == "// mine\n");

    const tools::Outcome list = clone.learn({"list"});
    INFO(list.output);
    CHECK(list.exit_status == 0);
    CHECK(has(list.output, "lessons/01_second is ignored: there is no tests/01_second.cpp.\n"));
    CHECK(has(list.output, "01_other"));
    CHECK(has(list.output, "skipped"));
    CHECK(has(clone.learn({"hint", "01"}).output, "That was the last hint."));
}

TEST_CASE("Commits of the learner's own are merged, or left alone when git cannot") {
    const Clone clone;
    git(clone.root(), {"config", "user.name", "x"});
    git(clone.root(), {"config", "user.email", "x@localhost"});
    clone.write(first_file, "// mine\n");
    git(clone.root(), {"commit", "-qam", "mine"});
    clone.authors().write(second, "// A newer second.\n");
    clone.publish();
    const tools::Outcome merged = clone.learn({"update"});
    INFO(merged.output);
    CHECK(merged.exit_status == 0);
    CHECK(clone.read(first_file) == "// mine\n");
    CHECK(clone.read(second) == "// A newer second.\n");

    clone.authors().write(first_file, "// A newer first.\n");
    clone.publish();
    const tools::Outcome refused = clone.learn({"update"});
    INFO(refused.output);
    CHECK(refused.exit_status == 2);
    CHECK(has(refused.output, "both they and the newer course change " + first_file));
    CHECK(clone.read(first_file) == "// mine\n");
    CHECK(clone.is_clean());
}

TEST_CASE("Each thing that keeps an update from being made is told in a sentence") {
    const Clone clone;
    clone.write(first_file, "// mine\n");
    clone.authors().write(first_file, "// A newer first.\n");
    clone.publish();
    SECTION("the other side is not there") {
        fs::rename(clone.authors().root(), clone.authors().root().string() + " moved");
        const tools::Outcome outcome = clone.learn({"update"});
        fs::rename(clone.authors().root().string() + " moved", clone.authors().root());
        INFO(outcome.output);
        CHECK(outcome.exit_status == 2);
        CHECK(has(outcome.output, "so this one stays as it is"));
    }
    SECTION("nothing is followed") {
        git(clone.root(), {"checkout", "-q", "-b", "other"});
        const tools::Outcome outcome = clone.learn({"update"});
        INFO(outcome.output);
        CHECK(outcome.exit_status == 2);
        CHECK(has(outcome.output, "follows no other"));
    }
    SECTION("a merge is under way") {
        put(clone.root() / ".git/MERGE_HEAD", "x\n");
        const tools::Outcome outcome = clone.learn({"update"});
        INFO(outcome.output);
        CHECK(outcome.exit_status == 2);
        CHECK(has(outcome.output, "A merge or a rebase is under way"));
    }
    SECTION("there is no repository") {
        fs::remove_all(clone.root() / ".git");
        const tools::Outcome outcome = clone.learn({"update"});
        INFO(outcome.output);
        CHECK(outcome.exit_status == 2);
        CHECK(has(outcome.output, "not made with git"));
    }
    SECTION("git does not trust the folder") {
        tools::Command command;
        command.words = {LEAKLINGS_TUTOR, "update"};
        command.folder = clone.root();
        command.environment = {{"GIT_TEST_ASSUME_DIFFERENT_OWNER", "1"}};
        const tools::Outcome outcome = tools::run(command);
        INFO(outcome.output);
        CHECK(outcome.exit_status == 2);
        CHECK(has(outcome.output, "it belongs to somebody else"));
        CHECK(has(outcome.output, "safe.directory '" + clone.root().string() + "'"));
    }
    SECTION("git is not there") {
        tools::Command command;
        command.words = {LEAKLINGS_TUTOR, "update"};
        command.folder = clone.root();
        command.environment = {{"PATH", "/nowhere"}};
        const tools::Outcome outcome = tools::run(command);
        INFO(outcome.output);
        CHECK(outcome.exit_status == 2);
        CHECK(has(outcome.output, "update needs git"));
    }
    CHECK(clone.read(first_file) == "// mine\n");
    CHECK_FALSE(fs::exists(clone.root() / ".learn/kept"));
}

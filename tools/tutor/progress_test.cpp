// The learner's progress, also when its file is damaged.
#include "tutor/progress.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "process/temporary_folder.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using tutor::Progress;

namespace {

// What it has said, for a test to read.
struct Words {
    std::vector<std::string> said;
    Progress::Say say() {
        return [this](std::string_view word) { said.emplace_back(word); };
    }
};

void write_garbage(const fs::path& file) {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << std::string(5000, 'x');
}

}  // namespace

TEST_CASE("Progress is there again when the tutor is started again") {
    const tools::TemporaryFolder folder;
    Words words;
    {
        Progress progress(folder.path() / "learn", words.say());
        CHECK_FALSE(progress.is_done("00_a"));
        progress.mark_done("00_a");
        progress.set_hints_shown("01_b", 2);
    }
    Progress progress(folder.path() / "learn", words.say());
    CHECK(progress.is_done("00_a"));
    CHECK_FALSE(progress.is_done("01_b"));
    CHECK(progress.hints_shown("01_b") == 2);
    progress.reopen("00_a");
    CHECK_FALSE(progress.is_done("00_a"));
    CHECK(words.said.empty());
}

TEST_CASE("What is skipped and what was red is there again too") {
    const tools::TemporaryFolder folder;
    Words words;
    {
        Progress progress(folder.path(), words.say());
        CHECK_FALSE(progress.is_skipped("00_a"));
        CHECK(progress.red("00_a").empty());
        progress.set_skipped("00_a", true);
        progress.set_skipped("01_b", true);
        progress.set_red("00_a", {"First, of two", "Second"});
    }
    Progress progress(folder.path(), words.say());
    CHECK(progress.is_skipped("00_a"));
    CHECK(progress.red("00_a") == std::vector<std::string>{"First, of two", "Second"});
    progress.mark_done("00_a");
    CHECK_FALSE(progress.is_skipped("00_a"));
    progress.set_skipped("01_b", false);
    CHECK_FALSE(progress.is_skipped("01_b"));
    CHECK(words.said.empty());
}

TEST_CASE("Progress follows a lesson that is renamed, or moves behind a new one") {
    const tools::TemporaryFolder folder;
    Words words;
    Progress progress(folder.path(), words.say());
    progress.mark_done("00_a");
    progress.mark_done("01_b");
    progress.set_hints_shown("02_c", 2);
    progress.follow_renamed({"00_a", "01_b", "02_c"});
    CHECK(progress.is_done("01_b"));

    progress.follow_renamed({"00_a", "01_better", "02_c"});
    CHECK(progress.is_done("00_a"));
    CHECK(progress.is_done("01_better"));
    CHECK_FALSE(progress.is_done("01_b"));
    CHECK(progress.hints_shown("02_c") == 2);

    progress.follow_renamed({"00_a", "01_new", "02_better", "03_c"});
    CHECK_FALSE(progress.is_done("01_new"));
    CHECK(progress.is_done("02_better"));
    CHECK(progress.hints_shown("03_c") == 2);
    CHECK(words.said.empty());
}

TEST_CASE("Progress stays with a lesson that is gone, until there is another in its place") {
    const tools::TemporaryFolder folder;
    Words words;
    Progress progress(folder.path(), words.say());
    progress.mark_done("01_b");
    progress.set_hints_shown("01_other", 1);
    progress.follow_renamed({"00_a", "01_other"});  // of which something is known already
    CHECK_FALSE(progress.is_done("01_other"));
    CHECK(progress.hints_shown("01_other") == 1);
    progress.follow_renamed({"00_a", "01_b"});
    CHECK(progress.is_done("01_b"));
}

TEST_CASE("What was answered is there again, the later of two answers last") {
    const tools::TemporaryFolder folder;
    Words words;
    {
        Progress progress(folder.path(), words.say());
        CHECK(progress.quiz_answers("00_a").empty());
        progress.add_quiz_answer("00_a", {"Why?", "By chance."});
        progress.add_quiz_answer("00_a", {"Why?", "Because of \"it\"."});
        progress.add_quiz_answer("01_b", {"How?", "So."});
    }
    Progress progress(folder.path(), words.say());
    progress.follow_renamed({"00_better", "01_b"});
    const auto answers = progress.quiz_answers("00_better");
    REQUIRE(answers.size() == 2);
    CHECK(answers[1].question == "Why?");
    CHECK(answers[1].choice == "Because of \"it\".");
    progress.forget_quiz_answers("00_better");
    CHECK(progress.quiz_answers("00_better").empty());
    CHECK(progress.quiz_answers("01_b").size() == 1);
    CHECK(words.said.empty());
}

TEST_CASE("A tutor that knows no quiz and one that does use the same file") {
    const tools::TemporaryFolder folder;
    SQLite::Database before(folder.path() / "progress.db",
                            SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    before.exec(
        "CREATE TABLE lessons(lesson TEXT PRIMARY KEY, done_at TEXT,"
        " hints_shown INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0,"
        " red TEXT NOT NULL DEFAULT '');"
        "INSERT INTO lessons VALUES ('00_a', '2020-01-01T00:00:00Z', 2, 0, 'One');"
        "PRAGMA user_version = 2");
    Words words;
    Progress progress(folder.path(), words.say());
    CHECK(progress.is_done("00_a"));
    progress.add_quiz_answer("00_a", {"Why?", "So."});
    CHECK(before.execAndGet("PRAGMA user_version").getInt() == 2);
    before.exec("INSERT OR IGNORE INTO lessons(lesson) VALUES ('01_b')");
    before.exec("UPDATE lessons SET hints_shown = 1 WHERE lesson = '01_b'");
    CHECK(progress.hints_shown("01_b") == 1);
    CHECK(progress.quiz_answers("00_a").size() == 1);
    CHECK(words.said.empty());
}

TEST_CASE("A file of an older tutor is taken on with all that is in it") {
    const tools::TemporaryFolder folder;
    SQLite::Database(folder.path() / "progress.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
        .exec(
            "CREATE TABLE lessons(lesson TEXT PRIMARY KEY, done_at TEXT,"
            " hints_shown INTEGER NOT NULL DEFAULT 0);"
            "INSERT INTO lessons VALUES ('00_a', '2020-01-01T00:00:00Z', 2);"
            "PRAGMA user_version = 1");
    Words words;
    Progress progress(folder.path(), words.say());
    CHECK(progress.is_done("00_a"));
    CHECK(progress.hints_shown("00_a") == 2);
    progress.set_skipped("01_b", true);
    CHECK(progress.is_skipped("01_b"));
    CHECK(words.said.empty());
}

TEST_CASE("A file of a newer tutor is set aside with a word") {
    const tools::TemporaryFolder folder;
    SQLite::Database(folder.path() / "progress.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
        .exec("PRAGMA user_version = 99");
    Words words;
    Progress progress(folder.path(), words.say());
    progress.mark_done("00_a");
    CHECK(progress.is_done("00_a"));
    REQUIRE(words.said.size() == 1);
    CHECK(words.said[0].find("newer") != std::string::npos);
    CHECK(fs::exists(folder.path() / "progress.db.damaged-1"));
}

TEST_CASE("Another damaged file does not take the place of the one before") {
    const tools::TemporaryFolder folder;
    Words words;
    for (int i = 0; i < 2; ++i) {
        write_garbage(folder.path() / "progress.db");
        const Progress progress(folder.path(), words.say());
    }
    CHECK(words.said.size() == 2);
    CHECK(fs::exists(folder.path() / "progress.db.damaged-1"));
    CHECK(fs::exists(folder.path() / "progress.db.damaged-2"));
}

TEST_CASE("A journal beside a damaged file is not played back into the new one") {
    const tools::TemporaryFolder folder;
    write_garbage(folder.path() / "progress.db");
    std::ofstream(folder.path() / "progress.db-journal") << "old";
    Words words;
    Progress progress(folder.path(), words.say());
    progress.mark_done("00_a");
    CHECK(progress.is_done("00_a"));
    CHECK_FALSE(fs::exists(folder.path() / "progress.db-journal"));
}

TEST_CASE("A database that holds something else is set aside") {
    const tools::TemporaryFolder folder;
    SQLite::Database(folder.path() / "progress.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
        .exec("CREATE TABLE other(x); PRAGMA user_version = 1");
    Words words;
    Progress progress(folder.path(), words.say());
    progress.mark_done("00_a");
    CHECK(progress.is_done("00_a"));
    CHECK(words.said.size() == 1);
}

TEST_CASE("Without a folder to write to, progress is forgotten with a word") {
    const tools::TemporaryFolder folder;
    std::ofstream(folder.path() / "learn") << "a file";
    Words words;
    Progress progress(folder.path() / "learn", words.say());
    progress.mark_done("00_a");
    CHECK(progress.is_done("00_a"));
    CHECK(words.said.size() == 1);
}

TEST_CASE("Two tutors at once lose nothing of each other's") {
    const tools::TemporaryFolder folder;
    constexpr int lessons = 50;
    Words first;
    Words second;
    const auto work = [&](Words& words, char name) {
        for (int i = 0; i < lessons; ++i) {
            Progress progress(folder.path(), words.say());
            progress.mark_done(name + std::to_string(i));
        }
    };
    std::thread other([&] { work(second, 'b'); });
    work(first, 'a');
    other.join();
    CHECK(first.said.empty());
    CHECK(second.said.empty());
    Progress progress(folder.path(), first.say());
    int done = 0;
    for (const char name : {'a', 'b'}) {
        for (int i = 0; i < lessons; ++i) done += progress.is_done(name + std::to_string(i));
    }
    CHECK(done == 2 * lessons);
}

TEST_CASE("Two tutors that find a damaged file set it aside once") {
    for (int round = 0; round < 20; ++round) {
        const tools::TemporaryFolder folder;
        write_garbage(folder.path() / "progress.db");
        Words first;
        Words second;
        std::thread other([&] { Progress(folder.path(), second.say()).mark_done("01_b"); });
        Progress(folder.path(), first.say()).mark_done("00_a");
        other.join();
        CHECK(first.said.size() + second.said.size() == 1);
        CHECK_FALSE(fs::exists(folder.path() / "progress.db.damaged-2"));
        Progress progress(folder.path(), first.say());
        CHECK(progress.is_done("00_a"));
        CHECK(progress.is_done("01_b"));
    }
}

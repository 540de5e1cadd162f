#include "tutor/progress.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "text/text.hpp"
#include "tutor/file_lock.hpp"

namespace fs = std::filesystem;

namespace tutor {
namespace {

constexpr int format_version = 2;
constexpr int patience_ms = 5000;

// The file is not one that this tutor wrote, or no longer.
struct Damaged : std::runtime_error {
    using std::runtime_error::runtime_error;
};

bool says_damaged(const SQLite::Exception& error) {
    const int code = error.getErrorCode();
    return code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
}

int version_of(SQLite::Database& database) {
    return database.execAndGet("PRAGMA user_version").getInt();
}

void create_tables(SQLite::Database& database) {
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    if (version_of(database) == 0) {  // still: another tutor may have been quicker
        database.exec(
            "CREATE TABLE lessons("
            "  lesson TEXT PRIMARY KEY,"
            "  done_at TEXT,"
            "  hints_shown INTEGER NOT NULL DEFAULT 0,"
            "  skipped INTEGER NOT NULL DEFAULT 0,"
            "  red TEXT NOT NULL DEFAULT '',"
            "  quiz TEXT NOT NULL DEFAULT '')");
        database.exec(fmt::format("PRAGMA user_version = {}", format_version));
    }
    transaction.commit();
}

bool has_quiz(SQLite::Database& database) {
    return database
               .execAndGet("SELECT count(*) FROM pragma_table_info('lessons') WHERE name = 'quiz'")
               .getInt() != 0;
}

// The version stays as it is: a tutor that knows no quiz reads such a file, and leaves the column
// alone.
void add_quiz(SQLite::Database& database) {
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    if (!has_quiz(database))
        database.exec("ALTER TABLE lessons ADD COLUMN quiz TEXT NOT NULL DEFAULT ''");
    transaction.commit();
}

// Version 1 knew nothing of skipping, nor of red tests.
void add_what_is_new(SQLite::Database& database) {
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    if (version_of(database) == 1) {
        database.exec("ALTER TABLE lessons ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0");
        database.exec("ALTER TABLE lessons ADD COLUMN red TEXT NOT NULL DEFAULT ''");
        database.exec(fmt::format("PRAGMA user_version = {}", format_version));
    }
    transaction.commit();
}

void require_ours(SQLite::Database& database) {
    if (version_of(database) > format_version) throw Damaged("a newer tutor wrote it");
    if (database.execAndGet("PRAGMA quick_check(1)").getString() != "ok") {
        throw Damaged("it is damaged");
    }
    try {
        if (version_of(database) == 1) add_what_is_new(database);
        if (!has_quiz(database)) add_quiz(database);
        const SQLite::Statement all(
            database, "SELECT lesson, done_at, hints_shown, skipped, red, quiz FROM lessons");
    } catch (const SQLite::Exception& error) {
        if (error.getErrorCode() == SQLITE_ERROR) throw Damaged("it is not the tutor's");
        throw;
    }
}

std::unique_ptr<SQLite::Database> opened(const fs::path& file) try {
    auto database = std::make_unique<SQLite::Database>(
        file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, patience_ms);
    if (version_of(*database) == 0) create_tables(*database);
    require_ours(*database);
    return database;
} catch (const SQLite::Exception& error) {
    if (says_damaged(error)) throw Damaged("it is damaged");
    throw;
}

fs::path free_name(const fs::path& file) {
    for (int n = 1;; ++n) {
        fs::path name = file;
        name += fmt::format(".damaged-{}", n);
        if (!fs::exists(fs::symlink_status(name))) return name;
    }
}

std::vector<std::string> known_lessons(SQLite::Database& database) {
    SQLite::Statement query(database, "SELECT lesson FROM lessons ORDER BY lesson");
    std::vector<std::string> lessons;
    while (query.executeStep()) lessons.push_back(query.getColumn(0).getString());
    return lessons;
}

bool has(const std::vector<std::string>& lessons, const std::string& lesson) {
    return std::find(lessons.begin(), lessons.end(), lesson) != lessons.end();
}

std::string_view number_in(std::string_view stem) {
    return stem.substr(0, stem.find('_'));
}
std::string_view name_in(std::string_view stem) {
    return stem.substr(number_in(stem).size());
}

}  // namespace

Renamed find_renamed(std::vector<std::string> known, const std::vector<std::string>& lessons) {
    Renamed renamed;
    // First those that only moved: when one is put in before them, the number of each is another's.
    for (const auto& part : {&name_in, &number_in}) {
        for (std::string& from : known) {
            if (has(lessons, from)) continue;
            for (const std::string& to : lessons) {
                if (part(from) != part(to) || has(known, to)) continue;
                renamed.emplace_back(from, to);
                from = to;
                break;
            }
        }
    }
    return renamed;
}

Progress::Progress(fs::path folder, Say say) : folder_(std::move(folder)), say_(std::move(say)) {
    try {
        open();
    } catch (const std::system_error& error) {
        forget(error.code().message());
    } catch (const std::exception& error) {
        forget(error.what());
    }
}

Progress::Progress(Progress&&) noexcept = default;
Progress::~Progress() = default;

void Progress::open() {
    fs::create_directories(folder_);
    try {
        database_ = opened(folder_ / "progress.db");
    } catch (const Damaged& damaged) {
        set_aside(damaged.what());
    }
}

void Progress::set_aside(std::string_view why) {
    const fs::path file = folder_ / "progress.db";
    // Of two tutors that see the damage at once, the second must not set aside what the first made.
    const FileLock lock(folder_ / "lock");
    try {
        database_ = opened(file);
        return;
    } catch (const Damaged&) {
    }
    const fs::path name = free_name(file);
    // A journal left behind would be played back into the new file. First, because nobody writes
    // one for what is damaged; once the file is gone, another tutor may be writing the new one's.
    for (const char* ending : {"-journal", "-wal", "-shm"}) {
        std::error_code not_there;
        fs::rename(fs::path(file) += ending, fs::path(name) += ending, not_there);
    }
    fs::rename(file, name);
    say_(fmt::format("{} could not be used ({}). It is kept as {}, and a new one begins.",
                     file.string(), why, name.filename().string()));
    database_ = opened(file);
}

void Progress::forget(std::string_view why) {
    say_(fmt::format("Your progress cannot be kept in {} ({}). The course goes on without.",
                     (folder_ / "progress.db").string(), why));
    database_ = std::make_unique<SQLite::Database>(":memory:",
                                                   SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    create_tables(*database_);
}

// Empty when nothing is known of the lesson.
std::string Progress::value(const char* sql, const std::string& lesson) try {
    SQLite::Statement query(*database_, sql);
    query.bind(1, lesson);
    return query.executeStep() ? query.getColumn(0).getString() : std::string();
} catch (const SQLite::Exception& error) {
    forget(error.what());
    return {};
}

void Progress::change(const char* sql, const std::string& lesson, const std::string& value) try {
    SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement insert(*database_, "INSERT OR IGNORE INTO lessons(lesson) VALUES (?)");
    insert.bind(1, lesson);
    insert.exec();
    SQLite::Statement update(*database_, sql);
    update.bind(":lesson", lesson);
    if (update.getBindParameterCount() > 1) update.bind(":value", value);
    update.exec();
    transaction.commit();
} catch (const SQLite::Exception& error) {
    say_(fmt::format("Your progress cannot be kept in {} ({}). The course goes on without.",
                     (folder_ / "progress.db").string(), error.what()));
}

void Progress::follow_renamed(const std::vector<std::string>& lessons) try {
    if (find_renamed(known_lessons(*database_), lessons).empty()) return;
    SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
    for (const auto& [from, to] : find_renamed(known_lessons(*database_), lessons)) {
        SQLite::Statement move(*database_, "UPDATE lessons SET lesson = ? WHERE lesson = ?");
        move.bind(1, to);
        move.bind(2, from);
        move.exec();
    }
    transaction.commit();
} catch (const SQLite::Exception& error) {
    say_(fmt::format("Your progress in renamed lessons could not be carried over ({}).",
                     error.what()));
}

bool Progress::is_done(const std::string& lesson) {
    return value("SELECT done_at IS NOT NULL FROM lessons WHERE lesson = ?", lesson) == "1";
}

void Progress::mark_done(const std::string& lesson) {
    change(
        "UPDATE lessons SET done_at = coalesce(done_at, strftime('%Y-%m-%dT%H:%M:%SZ', 'now')) "
        "WHERE lesson = :lesson",
        lesson);
}

void Progress::reopen(const std::string& lesson) {
    if (is_done(lesson)) change("UPDATE lessons SET done_at = NULL WHERE lesson = :lesson", lesson);
}

bool Progress::is_skipped(const std::string& lesson) {
    return value("SELECT skipped AND done_at IS NULL FROM lessons WHERE lesson = ?", lesson) == "1";
}

void Progress::set_skipped(const std::string& lesson, bool skipped) {
    change("UPDATE lessons SET skipped = :value WHERE lesson = :lesson", lesson,
           skipped ? "1" : "0");
}

int Progress::hints_shown(const std::string& lesson) {
    return std::atoi(value("SELECT hints_shown FROM lessons WHERE lesson = ?", lesson).c_str());
}

void Progress::set_hints_shown(const std::string& lesson, int count) {
    change("UPDATE lessons SET hints_shown = :value WHERE lesson = :lesson", lesson,
           std::to_string(count));
}

std::vector<std::string> Progress::red(const std::string& lesson) {
    const std::string names = value("SELECT red FROM lessons WHERE lesson = ?", lesson);
    std::vector<std::string> tests;
    for (const std::string_view name : tools::lines_of(names)) tests.emplace_back(name);
    return tests;
}

void Progress::set_red(const std::string& lesson, const std::vector<std::string>& tests) {
    change("UPDATE lessons SET red = :value WHERE lesson = :lesson", lesson,
           fmt::format("{}", fmt::join(tests, "\n")));
}

std::vector<QuizAnswer> Progress::quiz_answers(const std::string& lesson) {
    const std::string lines = value("SELECT quiz FROM lessons WHERE lesson = ?", lesson);
    std::vector<QuizAnswer> answers;
    for (const std::string_view line : tools::lines_of(lines)) {
        const std::size_t tab = line.find('\t');
        if (tab == std::string_view::npos) continue;
        answers.push_back({std::string(line.substr(0, tab)), std::string(line.substr(tab + 1))});
    }
    return answers;
}

void Progress::add_quiz_answer(const std::string& lesson, const QuizAnswer& answer) {
    change("UPDATE lessons SET quiz = quiz || :value WHERE lesson = :lesson", lesson,
           fmt::format("{}\t{}\n", answer.question, answer.choice));
}

void Progress::forget_quiz_answers(const std::string& lesson) {
    change("UPDATE lessons SET quiz = '' WHERE lesson = :lesson", lesson);
}

}  // namespace tutor

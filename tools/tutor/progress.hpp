// What the learner has done, kept in .learn/progress.db: which lessons are done since when,
// which were skipped, how many hints were shown, which tests were red when they last ran, and what
// was answered in the quiz.
//
// The course goes on whatever becomes of that file: one that is damaged, or was written by a newer
// tutor, is set aside as progress.db.damaged-<n>; where none can be written, progress is forgotten
// when the tutor ends. Either is told once through `say`.
// Nothing here throws, but for want of memory.
//
// Several tutors may run at once, each with a Progress of its own; one Progress is not thread safe.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace SQLite {
class Database;
}

namespace tutor {

using Renamed = std::vector<std::pair<std::string, std::string>>;  // from and to

// Which lessons that are `known` and gone are now called otherwise: the one of the same name under
// another number, or else of the same number, is not known.
Renamed find_renamed(std::vector<std::string> known, const std::vector<std::string>& lessons);

// What was chosen at a question of a chapter, both as it words them: after an update that asks
// something else, this answers nothing. Neither has a tab or a line end.
struct QuizAnswer {
    std::string question;
    std::string choice;
};

class Progress {
 public:
    using Say = std::function<void(std::string_view)>;

    // `folder` is the one that the file lies in; it is made when it is not there.
    Progress(std::filesystem::path folder, Say say);
    Progress(Progress&&) noexcept;
    Progress& operator=(Progress&&) = delete;
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    // What is known of a lesson that was renamed becomes known of what it is called now; `lessons`
    // are all that there are.
    void follow_renamed(const std::vector<std::string>& lessons);

    // Once done, always done, but for `reopen`: a lesson may be done and have red tests.
    bool is_done(const std::string& lesson);
    // Keeps the time at which it was done first.
    void mark_done(const std::string& lesson);
    // As it was before it was done first.
    void reopen(const std::string& lesson);

    // Put off, and not done.
    bool is_skipped(const std::string& lesson);
    void set_skipped(const std::string& lesson, bool skipped);

    // The names of the tests that were red; none when all were green, or when none has run yet.
    std::vector<std::string> red(const std::string& lesson);
    void set_red(const std::string& lesson, const std::vector<std::string>& tests);

    int hints_shown(const std::string& lesson);
    void set_hints_shown(const std::string& lesson, int count);

    // In the order in which they were given; of two to one question the later counts.
    std::vector<QuizAnswer> quiz_answers(const std::string& lesson);
    void add_quiz_answer(const std::string& lesson, const QuizAnswer& answer);
    void forget_quiz_answers(const std::string& lesson);

 private:
    void open();
    void set_aside(std::string_view why);
    void forget(std::string_view why);
    std::string value(const char* sql, const std::string& lesson);
    void change(const char* sql, const std::string& lesson, const std::string& value = {});

    std::filesystem::path folder_;
    Say say_;
    std::unique_ptr<SQLite::Database> database_;
};

}  // namespace tutor

// What the solution does in a test that the learner's files fail: the test is run on it once, for its timeline.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "course/test_result.hpp"
#include "tutor/context.hpp"
#include "tutor/watch/job.hpp"
#include "web/json.hpp"

namespace web {

// The data in a timeline's page. Throws tutor::WrongUse when there is none.
Json timeline_in_page(const std::filesystem::path& page);

// Belongs to the desk's loop.
class Comparison {
 public:
    Comparison(tutor::Context& context, tutor::WakeupPipe& wakeup)
        : context_(context), wakeup_(wakeup) {}
    Comparison(const Comparison&) = delete;
    Comparison& operator=(const Comparison&) = delete;

    // Builds the solution's tests and runs that one, in the place of what was compared before.
    void begin(const tools::Lesson& lesson, const tools::Test& test);
    void end();
    bool is_busy() const { return job_.has_value(); }
    // For the loop: whether there is anything new.
    bool look();
    // {"test", "state": "", "running", "there" or "failed", "note"}
    Json to_json() const;
    // Throws tutor::WrongUse when it is not there.
    Json timeline() const;

 private:
    tutor::Context& context_;
    tutor::WakeupPipe& wakeup_;
    std::string test_;
    std::string note_;
    std::filesystem::path page_;
    std::optional<tutor::Job> job_;  // last: its work uses the others
};

}  // namespace web

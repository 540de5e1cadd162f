// The verbs of ./learn, one a file: its words, its help, and what it does. A new one is a file,
// and a line here, in command_line.cpp and in bootstrap/help.txt.
#pragma once

#include <functional>
#include <string>

#include "tutor/context.hpp"
#include "tutor/exit_status.hpp"

namespace CLI {
class App;
}

namespace tutor {

// What the words after ./learn ask for. The verb that they name sets it when all have been parsed,
// so nothing is done before they are known to be right.
struct Request {
    std::function<int()> run;  // returns the exit status
};

// The course in the current folder, on standard output.
// Throws std::runtime_error when there is none.
Context open_context_here();

// Asks for `action` when the verb is named, in the course that the current folder is.
void request_action(CLI::App& verb, Request& request, std::function<int(Context&)> action);

// Lets a lesson follow the verb. `lesson` must live as long as the verb.
void add_lesson_option(CLI::App& verb, std::string& lesson);

// Without a verb: the watch where there is a terminal, else where the learner stands.
int watch_here(const std::string& lesson);
Status show_status(Context& context);

// For learners.
void add_watch(CLI::App& app, Request& request);
void add_web(CLI::App& app, Request& request);
void add_list(CLI::App& app, Request& request);
void add_test(CLI::App& app, Request& request);
void add_run(CLI::App& app, Request& request);
void add_hint(CLI::App& app, Request& request);
void add_quiz(CLI::App& app, Request& request);
void add_diff(CLI::App& app, Request& request);
void add_solution(CLI::App& app, Request& request);
void add_reset(CLI::App& app, Request& request);
void add_skip(CLI::App& app, Request& request);

// For the whole course.
void add_grade(CLI::App& app, Request& request);
void add_update(CLI::App& app, Request& request);
void add_verify(CLI::App& app, Request& request);
void add_completion(CLI::App& app, Request& request);

// For authors of lessons, after `dev`.
void add_dev_new(CLI::App& dev, Request& request);
void add_dev_verify(CLI::App& dev, Request& request);
void add_dev_mutate(CLI::App& dev, Request& request);
void add_dev_hostile(CLI::App& dev, Request& request);
void add_dev_overlooked(CLI::App& dev, Request& request);
void add_dev_answers(CLI::App& dev, Request& request);

}  // namespace tutor

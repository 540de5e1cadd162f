// The program behind ./learn, which sets up and builds the course and hands its words on to this.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "text/text.hpp"
#include "tutor/commands/commands.hpp"
#include "tutor/commands/completion.hpp"
#include "tutor/commands/dev.hpp"
#include "tutor/screen.hpp"
#include "tutor/watch/watch.hpp"

namespace {

using tutor::Desk;
using tutor::Screen;
using tutor::Status;
using tutor::WrongUse;

constexpr std::string_view statuses =
    "Exit status: 0 all is well; 1 a test, a grade or a check is red; 2 wrong use, or something "
    "that\n"
    "is needed is not there; 3 the lesson does not compile; 4 a test crashed or hung; 130 ended by "
    "Ctrl-C.";

#ifdef __clang__
constexpr std::string_view compiler = "clang " __clang_version__;
#else
constexpr std::string_view compiler = "g++ " __VERSION__;
#endif

// Whatever runs for us has been killed when this is called.
extern "C" void end_interrupted(int /*signal*/) {
    const char line_end = '\n';
    if (::isatty(STDOUT_FILENO) == 1 && ::write(STDOUT_FILENO, &line_end, 1) < 0) ::_exit(1);
    ::_exit(tutor::interrupted);
}

// A file that we open must not become what we print to.
void keep_standard_streams() {
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
        if (::fcntl(stream, F_GETFD) == -1 && ::open("/dev/null", O_RDONLY) == -1) ::_exit(2);
    }
}

Desk desk_here() {
    const Screen screen = Screen::of_this_process();
    if (screen.is_terminal()) tutor::fit_text_to(screen.columns());
    return tutor::open_desk(std::filesystem::current_path(), screen);
}

constexpr std::string_view about_grades =
    "A verdict is \"green\", \"red\", \"does not compile\", \"not judged\" (it says why), or\n"
    "\"tests changed\": all is green, but by tests or support that are not as\n"
    "tests/shipped.sha256 has them. So unpack only lessons/ of what was handed in:\n"
    "tar -xf alice.tar lessons\n"
    "Leaving early, printing, or writing into the report does not make a lesson green. But its\n"
    "code runs in one process with the tests and can do whatever they can, with your rights. If\n"
    "you do not trust it, grade in a sandbox, and read the code.";

struct Words {
    std::string lesson;
    std::vector<std::string> lessons;
    std::string shell;
    std::string stem;
    bool json = false;
    bool all = false;
    bool again = false;
    bool take = false;
    bool back = false;
    bool refresh = false;
    tutor::FaultWishes mutate;
    bool record = false;
    bool anew = false;
};

// What is said while the desk is opened would be gone as soon as the watch fills the screen.
int watch_here(const std::string& lesson) {
    std::string words;
    Desk desk = [&words] {
        const tutor::WarningListener listener([&words](std::string_view word) {
            words += fmt::format("{}{}", words.empty() ? "" : " ", word);
        });
        return desk_here();
    }();
    return tutor::watch(desk, lesson, words);
}

// The verbs, their words, and what they do: `act` is filled in when one of them has been parsed.
class Verbs {
 public:
    using Act = std::function<int(Desk&)>;

    Verbs() {
        app_.set_version_flag("--version",
                              fmt::format("leaklings tutor 1, compiled like the lessons with {}",
                                          tools::trimmed(compiler)));
        app_.require_subcommand(0, 1);
        app_.footer(std::string(statuses));
        add_for_learners();
        add_for_whole_course();
        add_for_authors();
    }

    CLI::App& app() { return app_; }

    int act() {
        if (without_desk_) return without_desk_();
        if (!act_ && tutor::can_watch()) return watch_here({});
        Desk desk = desk_here();
        return act_ ? act_(desk) : tutor::stand(desk);
    }

 private:
    CLI::App* add(CLI::App& to, const char* name, const char* what, Act act) {
        CLI::App* verb = to.add_subcommand(name, what);
        verb->callback([this, act = std::move(act)] { act_ = act; });
        return verb;
    }
    CLI::App* add(const char* name, const char* what, Act act) {
        return add(app_, name, what, std::move(act));
    }
    CLI::App* with_lesson(CLI::App* verb) {
        verb->add_option("lesson", words_.lesson, "NN, or its name; without it the current lesson");
        return verb;
    }

    void add_for_learners() {
        CLI::App* watch =
            app_.add_subcommand("watch", "What ./learn alone does on a terminal, at that lesson");
        with_lesson(watch)->callback([this] {
            without_desk_ = [this] {
                if (!tutor::can_watch()) throw WrongUse("watch needs a terminal to be shown on.");
                return watch_here(words_.lesson);
            };
        });
        add("list", "The lessons, their states and files", [this](Desk& desk) {
            return tutor::list(desk, words_.json);
        })->add_flag("--json", words_.json, "As JSON");
        with_lesson(add("test", "Build a lesson and run its tests", [this](Desk& desk) {
            return tutor::test(desk, words_.lesson, words_.all);
        }))->add_flag("--all", words_.all, "Show every red test in full, not only the first");
        // Its flags are the server's; see main().
        with_lesson(add("run", "Run a lesson's server; run NN --help lists its flags",
                        [](Desk&) { return tutor::wrong_use; }));
        with_lesson(add("hint", "One more hint", [this](Desk& desk) {
            return tutor::hint(desk, words_.lesson, words_.again);
        }))->add_flag("--again", words_.again, "Start with the first again");
        with_lesson(add("diff", "From your files to the solution's",
                        [this](Desk& desk) { return tutor::diff(desk, words_.lesson); }));
        with_lesson(add("solution", "Show the solution", [this](Desk& desk) {
            return tutor::solution(desk, words_.lesson, words_.take);
        }))->add_flag("--take", words_.take, "Put it in the place of your files, which are kept");
        with_lesson(add("reset", "Begin a lesson afresh; your files are kept",
                        [this](Desk& desk) { return tutor::reset(desk, words_.lesson); }));
        with_lesson(add("skip", "Put a lesson off", [this](Desk& desk) {
            return tutor::skip(desk, words_.lesson, words_.back);
        }))->add_flag("--back", words_.back, "Come back to it");
    }

    void add_for_whole_course() {
        CLI::App* grade =
            add("grade", "What every lesson comes to; 0 when all are green, else 1",
                [this](Desk& desk) { return tutor::grade(desk, words_.lessons, words_.json); });
        grade->add_option("lesson", words_.lessons, "Only these");
        grade->add_flag("--json", words_.json, "As JSON");
        grade->footer(std::string(about_grades));
        add("update", "Take a newer course with git; your edits stay",
            [](Desk& desk) { return tutor::update(desk); });
        add("verify", "Check the whole course (the script in the root does that)",
            [](Desk&) -> int {
                throw WrongUse("verify is for the script in the root: ./learn verify");
            });
        CLI::App* completion = app_.add_subcommand("completion", "Words for a shell to complete");
        completion->add_option("shell", words_.shell, "bash, zsh or fish")
            ->required()
            ->check(CLI::IsMember(
                std::vector<std::string>(std::begin(tutor::shells), std::end(tutor::shells))));
        completion->callback([this] {
            without_desk_ = [this] {
                Screen::plain().text(tutor::completion_script(words_.shell, words_to_complete()));
                return tutor::all_well;
            };
        });
    }

    void add_for_authors() {
        CLI::App* dev = app_.add_subcommand("dev", "For authors of lessons");
        dev->require_subcommand(1);
        add(*dev, "new", "Begin a lesson: 19_name",
            [this](Desk& desk) { return tutor::dev_new(desk, words_.stem); })
            ->add_option("name", words_.stem, "Two digits and words, such as 19_lost_update")
            ->required();
        CLI::App* check = add(
            *dev, "check", "What a lesson lacks; without one, every lesson",
            [this](Desk& desk) { return tutor::dev_check(desk, words_.lesson, words_.refresh); });
        check->add_option("lesson", words_.lesson, "NN, or its name");
        check->add_flag("--refresh", words_.refresh,
                        "First record the starter and write the chapter's blocks");
        CLI::App* mutate = add(
            *dev, "mutate",
            "Small faults in a solution, one at a time: is there one that no test notices?",
            [this](Desk& desk) { return tutor::dev_mutate(desk, words_.lesson, words_.mutate); });
        mutate->add_option("lesson", words_.lesson, "NN, or its name")->required();
        mutate->add_option("--faults", words_.mutate.faults, "Try only so many, taken by chance")
            ->check(CLI::Range(1, 1'000'000));
        mutate->add_option("--seed", words_.mutate.seed, "Another number is another chance")
            ->check(CLI::NonNegativeNumber);
        mutate->add_option("-j,--at-once", words_.mutate.at_once, "How many at once")
            ->check(CLI::Range(1, 16));
        mutate->add_flag("--tsan", words_.mutate.tsan,
                         "Ask ThreadSanitizer about those that no test noticed");
        mutate->add_flag("--list", words_.mutate.list, "Only say which faults there are");
        CLI::App* overlooked =
            add(*dev, "overlooked", "Does a hint name what a failing answer overlooks?",
                [this](Desk& desk) {
                    return tutor::dev_overlooked(desk, words_.lesson, words_.record, words_.anew);
                });
        overlooked->add_option("lesson", words_.lesson, "NN, or its name; without it, all");
        overlooked->add_flag("--record", words_.record,
                             "First run the wrong answers and record how they fail");
        overlooked->add_flag("--anew", words_.anew,
                             "Run them, and hold what they do against the record");
        CLI::App* answers = dev->add_subcommand(
            "answers", "Bring the answers that are diffs up to date: --help says how");
        answers->set_help_flag();  // it has its own
        answers->prefix_command();
        answers->callback([this, answers] {
            act_ = [answers](Desk& desk) { return tutor::dev_answers(desk, answers->remaining()); };
        });
    }

    static void collect(const CLI::App& app, const std::string& before,
                        std::vector<tutor::VerbWords>& verbs) {
        for (const CLI::App* each : app.get_subcommands(std::function<bool(const CLI::App*)>())) {
            tutor::VerbWords verb;
            verb.verb = before + each->get_name();
            verb.what = each->get_description();
            for (const CLI::Option* option : each->get_options()) {
                if (option->get_name(true) == "lesson") verb.takes_lesson = true;
                if (option->get_name(true) == "shell") {
                    for (const std::string_view shell : tutor::shells)
                        verb.words.push_back({std::string(shell), ""});
                }
                for (const std::string& name : option->get_lnames())
                    verb.words.push_back({"--" + name, option->get_description()});
            }
            for (const CLI::App* further :
                 each->get_subcommands(std::function<bool(const CLI::App*)>()))
                verb.words.push_back({further->get_name(), further->get_description()});
            verbs.push_back(std::move(verb));
            collect(*each, before + each->get_name() + " ", verbs);
        }
    }

    std::vector<tutor::VerbWords> words_to_complete() const {
        std::vector<tutor::VerbWords> verbs;
        collect(app_, "", verbs);
        return verbs;
    }

    CLI::App app_{"Where you stand in the course, and what to do next.", "./learn"};
    Words words_;
    Act act_;
    std::function<int()> without_desk_;  // instead: needs none, or opens its own
};

int parse_and_do(int argc, char** argv) {
    Verbs verbs;
    CLI::App& app = verbs.app();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ExtrasError& error) {
        if (app.get_subcommands().empty()) {
            throw WrongUse(fmt::format("There is no verb {}. ./learn --help lists them.", argv[1]));
        }
        throw WrongUse(error.what());
    } catch (const CLI::ParseError& error) {
        if (app.exit(error) == 0) return tutor::all_well;
        return tutor::wrong_use;
    }
    return verbs.act();
}

}  // namespace

int main(int argc, char** argv) try {
    keep_standard_streams();
    std::signal(SIGINT, end_interrupted);
    const std::vector<std::string> words(argv + 1, argv + argc);
    const bool asks_for_help = words.size() == 2 && (words[1] == "--help" || words[1] == "-h");
    if (!words.empty() && words.front() == "run" && !asks_for_help) {
        // Not for CLI11: all that follows the lesson is the server's.
        Desk desk = desk_here();
        return tutor::run(desk, {words.begin() + 1, words.end()});
    }
    const int status = parse_and_do(argc, argv);
    errno = 0;
    std::string why = Screen::what_was_lost();
    if (why.empty() && !std::cout.flush()) why = std::generic_category().message(errno);  // help
    if (why.empty()) return status;
    tutor::warn(fmt::format("What there was to say could not be written ({}).", why));
    return tutor::wrong_use;
} catch (const std::exception& error) {
    tutor::warn(error.what());
    return tutor::wrong_use;
}

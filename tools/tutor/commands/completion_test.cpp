// What the shells complete, asked of the shells themselves; one that is not here is not asked.
#include <string>

#include "process/temporary_folder.hpp"
#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/testing/paper_course.hpp"

namespace {

// A shell in the course's folder, with the script at hand in the file "completion".
class Shell {
 public:
    explicit Shell(const std::string& name) : name_(name) {
        const tools::Outcome script = course_.learn({"completion", name});
        if (script.exit_status != 0) throw std::runtime_error(script.output);
        course_.write("completion", script.output);
    }

    bool is_here() const { return tools::run({{"sh", "-c", "command -v " + name_}}).ok(); }

    // What it prints, on one line.
    std::string says(const std::string& commands) const {
        tools::Command command;
        command.words = {name_, "-c", commands};
        command.folder = course_.root();
        const tools::Outcome outcome = tools::run(command);
        INFO(outcome.output);
        CHECK(outcome.exit_status == 0);
        std::string line;
        for (const std::string_view word : tools::words_of(outcome.output))
            line.append(line.empty() ? "" : " ").append(word);
        return line;
    }

 private:
    std::string name_;
    PaperCourse course_;
};

// What bash offers for the last of these words.
std::string offered(const Shell& bash, const std::string& words) {
    return bash.says("set -u; . ./completion; COMP_WORDS=(" + words +
                     "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); complete -p learn >/dev/null; "
                     "_learn || :; echo \"${COMPREPLY[@]}\"");
}

}  // namespace

TEST_CASE("bash completes verbs, flags and lessons") {
    const Shell bash("bash");
    if (!bash.is_here()) return;
    CHECK(offered(bash, "./learn so") == "solution");
    CHECK(offered(bash, "./learn test 0") == "00_first 01_second");
    CHECK(offered(bash, "./learn test --a") == "--all");
    CHECK(offered(bash, "./learn solution 00_first --t") == "--take");
    CHECK(offered(bash, "./learn --help re") == "reset");
    CHECK(offered(bash, "./learn completion f") == "fish");
    CHECK(offered(bash, "./learn dev n") == "new");
    CHECK(offered(bash, "./learn dev verify 01") == "01_second");
    CHECK(offered(bash, "./learn nonsense ''").empty());
}

TEST_CASE("bash finds the lessons also through a link, and in a folder with a space") {
    const Shell bash("bash");
    if (!bash.is_here()) return;
    const std::string folder = "mkdir -p 'a place'; cp -r lessons 'a place'; : >'a place/learn'; ";
    const auto offers = [&](const std::string& command) {
        return bash.says(folder +
                         "chmod +x 'a place/learn'; ln -sf 'a place/learn' linked; "
                         "set -u; . ./completion; PATH=$PWD/bin:$PATH; mkdir -p bin; "
                         "ln -sf '../a place/learn' bin/learn; cd /; COMP_WORDS=(" +
                         command + " test 01); COMP_CWORD=2; _learn; echo \"${COMPREPLY[@]}\"");
    };
    CHECK(offers("\"$OLDPWD/a\\ place/learn\"") == "01_second");
    CHECK(offers("\"'$OLDPWD/a place/learn'\"") == "01_second");
    CHECK(offers("\"$OLDPWD/linked\"") == "01_second");
    CHECK(offers("learn") == "01_second");
}

TEST_CASE("fish completes verbs, flags and lessons") {
    const Shell fish("fish");
    if (!fish.is_here()) return;
    CHECK(fish.says("source completion; complete -C './learn solu'") ==
          "solution Show the solution");
    CHECK(fish.says("source completion; complete -C './learn test 0'") == "00_first 01_second");
    CHECK(fish.says("source completion; complete -C './learn dev verify 01'") == "01_second");
    CHECK(fish.says("source completion; complete -C './learn skip --b'") ==
          "--back Come back to it");
}

TEST_CASE("zsh takes its script") {
    const Shell zsh("zsh");
    if (!zsh.is_here()) return;
    CHECK(
        zsh.says("setopt err_exit; zsh -n completion; compdef() { echo $1 $2; }; . ./completion") ==
        "_learn learn");
    CHECK(zsh.says("compdef() {}; . ./completion; _describe() { print -l -- ${(P)2}; }; "
                   "words=(./learn test ''); CURRENT=3; _learn") ==
          "--help:Print this help message and exit --all:Show every red test in full, not only "
          "the first 00_first 01_second");
}

TEST_CASE("Completion for a shell that nobody knows is wrong use") {
    const PaperCourse course;
    CHECK(course.learn({"completion", "tcsh"}).exit_status == 2);
    CHECK(course.learn({"completion"}).exit_status == 2);
    CHECK(course.learn({"completion", "--help"}).exit_status == 0);
}

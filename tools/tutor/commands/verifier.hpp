// The program `verify`, which judges the course, as authors of lessons use it by ./learn dev.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "process/command.hpp"
#include "tutor/context.hpp"

namespace tutor {

// Each thing that it does is told on the context's screen, and so is why it fails.
class Verifier {
 public:
    // The context must live longer.
    explicit Verifier(const Context& context);

    // Builds, with the program itself, all that it is asked about that lesson.
    bool build(const tools::Lesson& lesson) const;
    // Builds targets in one of the presets, which is configured when it was not yet; `what` says
    // that in a word or two.
    bool build(const std::string& preset, const std::string& what,
               const std::vector<std::string>& targets) const;

    // Whether it is content. It must have been built.
    bool ask(const std::vector<std::string>& words) const;
    // Everything that it knows to ask of a lesson.
    bool ask_everything(const tools::Lesson& lesson) const;

    // This process becomes the program, which has the terminal and Ctrl-C for itself. Throws
    // std::runtime_error when it cannot be started.
    [[noreturn]] void take_over(const std::vector<std::string>& words) const;
    // The same with another program, which is the first of the words.
    [[noreturn]] void become(std::vector<std::string> words) const;

    std::filesystem::path folder_of(const std::string& preset) const;

 private:
    std::vector<std::string> command_line(const std::vector<std::string>& words) const;
    tools::Outcome run(std::vector<std::string> words) const;
    bool did(const std::string& what, std::vector<std::string> words) const;

    const Context& context_;
    std::filesystem::path build_;
};

}  // namespace tutor

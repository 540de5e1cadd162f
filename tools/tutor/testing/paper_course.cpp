#include "tutor/testing/paper_course.hpp"

#include <stdexcept>

#include "text/text.hpp"
#include "tutor/testing/files.hpp"

namespace fs = std::filesystem;

PaperCourse::PaperCourse() : root_(temporary_.path() / "the course") {
    for (const char* stem : {"00_first", "01_second"}) {
        const std::string name = stem;
        const std::string head = name == "00_first" ? "// A shop.\n" : "// Another shop.\n";
        write("lessons/" + name + "/shop.cpp", head + "int items() { return 1; }\n");
        write("solutions/" + name + "/shop.cpp", head + "int items() { return 2; }\n");
        write("tests/" + name + ".cpp", "// The shop is right.\n");
        write("book/" + name + ".md", "# " + name.substr(0, 2) + " · Name\n\n*It is wrong.*\n\n" +
                                          "## Hints\n\n<details>\n<summary>Where?</summary>\n\n" +
                                          "In the number.\n\n</details>\n");
    }
    write("lessons/00_first/stock.hpp", "int stock();\n");
    write("solutions/00_first/stock.hpp", "int stock();\n");
    record();
}

tools::Outcome PaperCourse::learn(
    std::vector<std::string> words,
    std::vector<std::pair<std::string, std::string>> environment) const {
    tools::Command command;
    command.words = std::move(words);
    command.words.insert(command.words.begin(), LEAKLINGS_TUTOR);
    command.folder = root_;
    command.environment = std::move(environment);
    return tools::run(command);
}

std::string PaperCourse::run(std::vector<std::string> words) const {
    tools::Command command;
    command.words = std::move(words);
    command.folder = root_;
    const tools::Outcome outcome = tools::run(command);
    if (!outcome.ok()) throw std::runtime_error(command.words.front() + ": " + outcome.output);
    return outcome.output;
}

std::string PaperCourse::read(const std::string& file) const {
    return tools::read_file(root_ / file);
}

void PaperCourse::write(const std::string& file, const std::string& text) const {
    put(root_ / file, text);
}

bool PaperCourse::has(const std::string& file) const {
    return fs::exists(root_ / file);
}

void PaperCourse::record() const {
    run({"cmake", "-DROOT=" + root_.string(), "-DDO=record", "-P",
         std::string(LEAKLINGS_SOURCE) + "/cmake/Starters.cmake"});
}

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "tutor/build.hpp"
#include "tutor/commands/commands.hpp"

namespace tutor {

Status run(Desk& desk, std::vector<std::string> words) {
    std::string wanted;
    if (!words.empty() && !words.front().starts_with('-')) {
        wanted = words.front();
        words.erase(words.begin());
    }
    const tools::Lesson& lesson = find_lesson(desk, wanted);
    if (!build(desk, lesson, Part::server)) return does_not_compile;

    const std::string program = executable_of(desk, lesson, Part::server).string();
    words.insert(words.begin(), fmt::format("./learn run {}", lesson.number));  // for its --help
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execv(program.c_str(), arguments.data());
    throw std::system_error(errno, std::generic_category(), program + " cannot be started");
}

}  // namespace tutor

#include "tutor/testing/mini_course.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "text/text.hpp"
#include "tutor/testing/files.hpp"

namespace fs = std::filesystem;

namespace {

const fs::path whole_course = LEAKLINGS_SOURCE;

constexpr const char* chapter = R"(# 00 · Warm-up

*Every item that you ask for
is the teapot.*

**Time:** 5 minutes

## Hints

<details><summary>Where is the number?</summary>

The request has it.

</details>

<details>
<summary>The change</summary>

```diff
-find_item(connection, 1)
+find_item(connection, wanted)
```

</details>

## Why

## Check yourself

**1. Where did the number stand?**

- a) In the path.
- b) In the reply.
- c) Nowhere.

<details><summary>Answer</summary>

**a.** The route has it.

- b) That comes later.
- c) Then nobody could have asked for item 2.

</details>
)";

bool is_lessons_own(const fs::path& path) {
    const std::string name = path.filename().string();
    return name.size() > 3 && name[0] >= '0' && name[0] <= '9' && name[2] == '_';
}

void copy_tree(const fs::path& from, const fs::path& to) {
    if (fs::is_regular_file(from)) {
        put(to, tools::read_file(from));
        return;
    }
    for (const auto& entry : fs::directory_iterator(from)) {
        const std::string name = entry.path().filename().string();
        if (name == "answers" || is_lessons_own(name)) continue;
        copy_tree(entry.path(), to / name);
    }
}

std::string sabotaged(const std::string& solution) {
    std::string starter =
        tools::replaced(solution, "find_item(connection, wanted)", "find_item(connection, 1)");
    if (starter == solution) {
        throw std::runtime_error("solutions/00_warm_up/shop.cpp is no longer what this test knows");
    }
    return starter;
}

// Which a test has left that was ended.
void remove_other_lessons(const fs::path& root) {
    for (const char* folder : {"lessons", "tests", "book"}) {
        std::vector<fs::path> others;
        for (const auto& entry : fs::directory_iterator(root / folder)) {
            const std::string name = entry.path().filename().string();
            const std::string stem = tools::replaced(tools::replaced(name, ".cpp", ""), ".md", "");
            if (is_lessons_own(entry.path()) && stem != "00_warm_up" && stem != "01_second_day")
                others.push_back(entry.path());
        }
        for (const fs::path& other : others) fs::remove_all(other);
    }
}

void require(const tools::Outcome& outcome) {
    if (!outcome.ok()) throw std::runtime_error("the small course:\n" + outcome.output);
}

}  // namespace

void copy_ground_of_course(const fs::path& to) {
    for (const char* name :
         {"CMakeLists.txt", "CMakePresets.json", "cmake", "common", "tests", "tools/stamp"}) {
        copy_tree(whole_course / name, to / name);
    }
}

void configure(const fs::path& course, const std::string& preset) {
    tools::Command command;
    command.words = {"cmake", "--preset", preset};
    command.folder = course;
    std::string arguments = LEAKLINGS_CONFIGURE;
    std::replace(arguments.begin(), arguments.end(), '|', '\n');
    for (const std::string_view word : tools::lines_of(arguments)) {
        if (!word.empty()) command.words.emplace_back(word);
    }
    require(tools::run(command));
}

MiniCourse::MiniCourse() : root_(fs::path(LEAKLINGS_SCRATCH) / "course") {
    copy_ground_of_course(root_);
    put(root_ / "tools" / "CMakeLists.txt", "");
    put(root_ / "solutions" / "00_warm_up" / "shop.cpp", solution());
    put(root_ / "solutions" / "01_second_day" / "shop.cpp", solution());
    put(root_ / "lessons" / "01_second_day" / "shop.cpp", starter());
    put(root_ / "book" / "00_warm_up.md", chapter);
    put(root_ / "book" / "01_second_day.md", "# 01 · The second day\n\n**Time:** 20 minutes\n");
    const std::string tests = tools::read_file(whole_course / "tests" / "00_warm_up.cpp");
    put(root_ / "tests" / "00_warm_up.cpp", tests);
    put(root_ / "tests" / "01_second_day.cpp", tests);
    record_as_shipped();
    fs::remove_all(root_ / ".learn");
    remove_other_lessons(root_);
    write(starter());
    if (!fs::exists(root_ / "build" / "lessons" / "build.ninja")) configure(root_, "lessons");
}

std::string MiniCourse::state_of(std::size_t lesson) const {
    const auto lessons = nlohmann::json::parse(learn({"list", "--json"}).output);
    return lessons.at(lesson).at("state");
}

void MiniCourse::record_as_shipped() const {
    tools::Command command;
    command.words = {"cmake", "-DROOT=.", "-DDO=record", "-P", "cmake/Shipped.cmake"};
    command.folder = root_;
    require(tools::run(command));
}

tools::Command MiniCourse::command(std::vector<std::string> words) const {
    tools::Command command;
    command.words = std::move(words);
    command.words.insert(command.words.begin(), LEAKLINGS_TUTOR);
    command.folder = root_;
    return command;
}

tools::Outcome MiniCourse::learn(
    std::vector<std::string> words,
    std::vector<std::pair<std::string, std::string>> environment) const {
    tools::Command with_words = command(std::move(words));
    with_words.environment = std::move(environment);
    return tools::run(with_words);
}

void MiniCourse::write(const std::string& text) const {
    put(root_ / file, text);
}

void MiniCourse::record() const {
    tools::Command command;
    command.words = {"cmake", "-DROOT=" + root_.string(), "-DDO=record", "-P",
                     (root_ / "cmake/Starters.cmake").string()};
    require(tools::run(command));
}

std::string MiniCourse::solution() const {
    return tools::read_file(whole_course / "solutions" / "00_warm_up" / "shop.cpp");
}

std::string MiniCourse::starter() const {
    return sabotaged(solution());
}

std::string MiniCourse::starter_with(const std::string& line) const {
    const std::string first = "const Id wanted";
    return tools::replaced(starter(), first, line + "\n        " + first);
}

#include "verify/subjects/variant_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <regex>
#include <stdexcept>
#include <utility>

#include "course/test_runner.hpp"
#include "process/command.hpp"
#include "text/text.hpp"

namespace fs = std::filesystem;

namespace verify {
namespace {

// In the commands, the folder of one variant.
constexpr std::string_view here = "@HERE@";

std::string name_of_solution(const tools::Lesson& lesson) {
    return "solution." + lesson.stem;
}

std::string program_for_building(const fs::path& build) {
    constexpr std::string_view key = "CMAKE_MAKE_PROGRAM:FILEPATH=";
    const std::string cache = tools::read_file(build / "CMakeCache.txt");
    for (const std::string_view line : tools::lines_of(cache)) {
        if (line.starts_with(key)) return std::string(line.substr(key.size()));
    }
    throw std::runtime_error((build / "CMakeCache.txt").string() + " does not name Ninja");
}

// What follows " -o ".
std::string output_of(const std::string& command) {
    static const std::regex output(" -o ([^ ]+)");
    std::smatch match;
    return std::regex_search(command, match, output) ? match[1].str() : std::string();
}

}  // namespace

VariantBuilder::VariantBuilder(const Course& course, const tools::Lesson& lesson,
                               std::function<bool()> called_off)
    : course_(course),
      lesson_(lesson),
      called_off_(std::move(called_off)),
      tests_(tests_of(course, lesson)),
      has_noticed_(tests_.size()) {
    course_.root = fs::canonical(course.root);
    course_.build = fs::canonical(course.build);
    tests_program(course_, name_of_solution(lesson_));
    steps_ = steps();
    fs::create_directories(course_.build / "faults");
    folder_.emplace(course_.build / "faults");
    unchanged_ = begin();
    if (!tests_built_in(unchanged_, std::nullopt) && !called_off_())
        throw std::runtime_error("the solution of lesson " + lesson_.number + " does not compile");
}

VariantBuilder::~VariantBuilder() {
    folder_.reset();
    std::error_code ignored;
    fs::remove(course_.build / "faults", ignored);  // if it is empty
}

// Those of the solution, out of Ninja's mouth. What they make, and the solution's folder, are put
// into one of our own; warnings do not count, but a missing return would be worse than a fault.
std::vector<VariantBuilder::Step> VariantBuilder::steps() const {
    const std::string solution = name_of_solution(lesson_);
    tools::Command command;
    command.words = {program_for_building(course_.build), "-t", "commands", solution};
    command.folder = course_.build;
    const tools::Outcome outcome = tools::run(command);
    if (!outcome.ok())
        throw std::runtime_error("Ninja does not say how " + solution + " is built:\n" +
                                 outcome.output);
    std::vector<Step> found;
    for (const std::string_view line : tools::lines_of(outcome.output)) {
        const std::string output = output_of(std::string(line));
        const bool ours = output.starts_with("CMakeFiles/" + solution + ".") ||
                          output.starts_with("bin/" + solution + ".");
        if (!ours) continue;
        Step step;
        step.command = line;
        const auto replace = [&](const std::string& what, const std::string& with) {
            step.command = tools::replaced(step.command, what, std::string(here) + with);
        };
        replace((course_.root / "solutions" / lesson_.stem).string(), "/" + lesson_.stem);
        replace("CMakeFiles/" + solution + ".", "/");
        replace("bin/" + solution + ".", "/" + solution + ".");
        step.command = tools::replaced(step.command, " -Werror ", " -Werror=return-type ");
        // Newer CMakes have the linker write down what it reads, into a folder that may not be there.
        static const std::regex note_of_linker(" -(Xlinker |Wl,)--dependency-file=[^ ]+");
        step.command = std::regex_replace(step.command, note_of_linker, "");
        step.makes = output_of(step.command);
        found.push_back(std::move(step));
    }
    if (found.empty()) throw std::runtime_error("Ninja does not say how " + solution + " is built");
    return found;
}

fs::path VariantBuilder::begin() {
    const fs::path folder = folder_->path() / std::to_string(++count_);
    fs::create_directories(folder);
    fs::copy(course_.root / "solutions" / lesson_.stem, code_in(folder),
             fs::copy_options::recursive);
    return folder;
}

fs::path VariantBuilder::code_in(const fs::path& folder) const {
    return folder / lesson_.stem;
}

// By what the compiler said of it when it compiled the solution as it is. Ninja has no such file of
// what is linked, which is made anew each time.
bool VariantBuilder::is_read(const Step& step, const std::string& file) const {
    const fs::path read = tools::replaced(step.makes.string(), here, unchanged_.string()) + ".d";
    if (!fs::exists(read)) return true;
    const std::string name = (code_in(unchanged_) / file).string();
    return tools::read_file(read).find(name) != std::string::npos;
}

// Nothing when it does not compile.
std::optional<fs::path> VariantBuilder::tests_built_in(
    const fs::path& folder, const std::optional<std::string>& changed) const {
    for (const Step& step : steps_) {
        const std::string output = tools::replaced(step.makes.string(), here, folder.string());
        fs::create_directories(fs::path(output).parent_path());
        if (changed && !is_read(step, *changed)) {
            fs::copy_file(tools::replaced(step.makes.string(), here, unchanged_.string()), output);
            continue;
        }
        tools::Command command;
        command.words = {"sh", "-c", tools::replaced(step.command, here, folder.string())};
        command.folder = course_.build;
        command.cancelled = called_off_;
        if (!tools::run(command).ok()) return std::nullopt;
    }
    return folder / (name_of_solution(lesson_) + ".tests");
}

std::optional<std::string> VariantBuilder::complaint_about_solution() {
    const fs::path program = tests_program(course_, name_of_solution(lesson_));
    bool called_off = false;
    const auto red = first_red(program, called_off);
    if (!red || called_off) return std::nullopt;
    return fmt::format("the solution itself does not pass \"{}\"", tests_[*red].name);
}

Fate VariantBuilder::fate_of(const Fault& fault) {
    const fs::path folder = begin();
    const fs::path file = code_in(folder) / fault.file;
    tools::write_file(file, fault.change.applied_to(tools::read_file(file)));
    Fate fate = Fate::did_not_compile;
    bool called_off = false;
    if (const auto program = tests_built_in(folder, fault.file))
        fate = first_red(*program, called_off) ? Fate::noticed : Fate::unnoticed;
    fs::remove_all(folder);
    return called_off || called_off_() ? Fate::called_off : fate;
}

std::vector<std::size_t> VariantBuilder::order_of_tests() {
    std::vector<std::size_t> order(tests_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const std::lock_guard lock(mutex_);
    std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
        return has_noticed_[a] > has_noticed_[b];
    });
    return order;
}

std::optional<std::size_t> VariantBuilder::first_red(const fs::path& program, bool& called_off) {
    std::vector<tools::Test> tests;
    for (const std::size_t i : order_of_tests()) tests.push_back(tests_[i]);
    std::optional<std::string> red;
    std::atomic<bool> over = false;
    const auto look_at = [&](const tools::TestResult& result) {
        if (result.verdict == tools::Verdict::passed || over.exchange(true)) return;
        red = result.test.name;
    };
    tools::RunOptions options;
    options.at_once = tests_at_once;
    options.cancelled = [&] { return over || called_off_(); };
    options.take = look_at;
    options.glimpse = look_at;
    tools::run_tests(program, tests, options);
    called_off = called_off_();
    if (!red) return std::nullopt;
    const auto test = std::find_if(tests_.begin(), tests_.end(),
                                   [&](const tools::Test& each) { return each.name == *red; });
    const std::lock_guard lock(mutex_);
    const auto index = static_cast<std::size_t>(test - tests_.begin());
    ++has_noticed_[index];
    return index;
}

}  // namespace verify

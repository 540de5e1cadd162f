#include "verify/faults/faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <random>
#include <stdexcept>
#include <utility>

#include "text/text.hpp"

namespace fs = std::filesystem;

namespace verify {

std::vector<Fault> faults_of(const Course& course, const tools::Lesson& lesson) {
    const fs::path solution = course.root / "solutions" / lesson.stem;
    const fs::path starter = course.root / "lessons" / lesson.stem;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(solution)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<Fault> faults;
    for (const fs::path& file : files) {
        const std::string text = tools::read_file(file);
        const fs::path given = starter / file.filename();
        if (fs::exists(given) && tools::read_file(given) == text) continue;
        for (Mutation& change : mutations_of(text))
            faults.push_back({file.filename().string(), std::move(change)});
    }
    return faults;
}

std::vector<Fault> faults_at(const std::vector<Fault>& faults, const std::string& place) {
    const std::string wanted = fs::path(place).filename().string();
    std::vector<Fault> found;
    std::copy_if(faults.begin(), faults.end(), std::back_inserter(found), [&](const Fault& fault) {
        return fmt::format("{}:{}", fault.file, fault.change.line) == wanted;
    });
    if (found.empty()) {
        throw std::runtime_error(
            fmt::format("no fault can be put in at {}: name a file and a line as --list does, such "
                        "as pool.hpp:117",
                        place));
    }
    return found;
}

std::vector<Fault> shuffled(std::vector<Fault> faults, std::uint32_t seed) {
    std::mt19937 chance(seed);
    // By hand: std::shuffle is another one in every library.
    for (std::size_t left = faults.size(); left > 1; --left)
        std::swap(faults[left - 1], faults[chance() % left]);
    return faults;
}

std::string in_words(const Fault& fault) {
    const Mutation& change = fault.change;
    return fmt::format("{}:{}{}\n- {}\n+ {}\n", fault.file, change.line,
                       change.in.empty() ? "" : ", in " + change.in, change.was, change.becomes);
}

bool Equivalent::is(const Fault& fault) const {
    return file == fault.file && in == fault.change.in && was == fault.change.was &&
           becomes == fault.change.becomes;
}

std::vector<Equivalent> equivalents_of(const Course& course, const tools::Lesson& lesson) {
    const fs::path name = fs::path("tests") / "equivalent" / (lesson.stem + ".txt");
    if (!fs::exists(course.root / name)) return {};
    return read_equivalents(tools::read_file(course.root / name), name.string());
}

std::vector<Equivalent> read_equivalents(std::string_view text, const std::string& name) {
    std::vector<Equivalent> all;
    const std::vector<std::string_view> lines = tools::lines_of(text);
    const auto line = [&](std::size_t i) {
        return i < lines.size() ? tools::trimmed(lines[i]) : std::string_view{};
    };
    const auto need = [&](std::size_t i, bool good, std::string_view what) {
        if (!good) throw std::runtime_error(fmt::format("{}:{}: {}", name, i + 1, what));
    };
    // "- x" without the sign; the line may be empty behind it.
    const auto behind_sign = [&](std::size_t i, char sign) {
        need(i, line(i).starts_with(sign),
             fmt::format("here stands the line {} the fault, after a {}",
                         sign == '-' ? "without" : "with", sign));
        return std::string(tools::trimmed(line(i).substr(1)));
    };
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (line(i).empty() || line(i).starts_with('#')) continue;
        Equivalent one;
        const std::string_view place = line(i);
        const std::size_t comma = std::min(place.find(", in "), place.size());
        const std::string_view file = place.substr(0, comma);
        one.file = file.substr(0, file.find(':'));
        if (comma < place.size()) one.in = place.substr(comma + 5);
        one.was = behind_sign(++i, '-');
        one.becomes = behind_sign(++i, '+');
        while (!line(i + 1).empty()) {
            one.reason += fmt::format("{}{}", one.reason.empty() ? "" : " ", line(i + 1));
            ++i;
        }
        need(i + 1, !one.reason.empty(), "here stands the reason why the fault changes nothing");
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace verify

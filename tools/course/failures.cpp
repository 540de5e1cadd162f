#include "course/failures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <stdexcept>

#include "text/text.hpp"

namespace tools {
namespace {

constexpr std::string_view verdict_names[] = {"passed", "failed", "threw", "crashed", "hung"};

std::string_view name_of(Verdict verdict) {
    return verdict_names[static_cast<std::size_t>(verdict)];
}

// What changes from run to run is in numbers.
std::string without_numbers(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (std::isdigit(static_cast<unsigned char>(c)) == 0) {
            result += c;
        } else if (!result.ends_with('#')) {
            result += '#';
        }
    }
    return result;
}

// FNV-1a: the same everywhere.
std::string fingerprint_of(std::string_view text) {
    std::uint32_t hash = 2166136261;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619;
    return fmt::format("{:08x}", hash);
}

std::string first_words_of(const TestResult& result) {
    if (result.failures.empty()) return {};
    const Failure& first = result.failures.front();
    if (!first.messages.empty()) return first.messages.front();
    return first.exception.empty() ? first.expression : first.exception;
}

bool ended_badly(const FailedTest& red) {
    return red.verdict == Verdict::crashed || red.verdict == Verdict::hung;
}

}  // namespace

FailedTests failed_tests_of(const std::vector<TestResult>& results) {
    FailedTests failed;
    for (const TestResult& result : results) {
        if (result.verdict == Verdict::passed) continue;
        failed.push_back({result.test.name, result.verdict,
                          fingerprint_of(without_numbers(first_words_of(result)))});
    }
    std::sort(failed.begin(), failed.end(),
              [](const FailedTest& a, const FailedTest& b) { return a.test < b.test; });
    return failed;
}

std::string written(const std::vector<KnownFailure>& known) {
    std::string text;
    for (const KnownFailure& each : known) {
        text += each.answer + "\n";
        for (const FailedTest& red : each.failed)
            text += fmt::format("  {} {} {}\n", name_of(red.verdict), red.fingerprint, red.test);
    }
    return text;
}

std::vector<KnownFailure> read_failures(std::string_view text) {
    std::vector<KnownFailure> known;
    const std::vector<std::string_view> lines = lines_of(text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string_view line = trimmed(lines[i]);
        if (line.empty() || line.starts_with('#')) continue;
        if (!lines[i].starts_with(' ')) {
            known.push_back({std::string(line), {}});
            continue;
        }
        const std::vector<std::string_view> words = words_of(line);
        const auto verdict =
            std::find(std::begin(verdict_names), std::end(verdict_names), words.front());
        if (known.empty() || words.size() < 3 || verdict == std::end(verdict_names)) {
            throw std::runtime_error(
                fmt::format("line {} is not: verdict, mark, name of the test", i + 1));
        }
        const std::size_t name = line.find(words[1]) + words[1].size();
        known.back().failed.push_back({std::string(trimmed(line.substr(name))),
                                       static_cast<Verdict>(verdict - std::begin(verdict_names)),
                                       std::string(words[1])});
    }
    return known;
}

bool fail_alike(const FailedTests& a, const FailedTests& b) {
    const bool same_tests = std::equal(
        a.begin(), a.end(), b.begin(), b.end(),
        [](const FailedTest& one, const FailedTest& other) { return one.test == other.test; });
    if (!same_tests) return false;
    std::size_t same = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] == b[i]) ++same;
    }
    return 4 * same >= 3 * a.size();
}

const KnownFailure* the_one_like(const std::vector<KnownFailure>& known,
                                 const FailedTests& failed) {
    const auto bad = std::count_if(failed.begin(), failed.end(), ended_badly);
    if (failed.size() < 2 || 2 * static_cast<std::size_t>(bad) > failed.size()) return nullptr;
    const KnownFailure* found = nullptr;
    for (const KnownFailure& each : known) {
        if (!fail_alike(each.failed, failed)) continue;
        if (found != nullptr || each.answer == "starter") return nullptr;
        found = &each;
    }
    return found;
}

}  // namespace tools

// The program `answers`: see answers.hpp. `lay` is the build's, the others are the authors'.
#include <CLI/CLI.hpp>
#include <exception>
#include <filesystem>
#include <functional>
#include <string>

#include <fmt/format.h>

#include "answers/answers.hpp"

namespace fs = std::filesystem;

namespace {

struct Options {
    fs::path root = ".";
    fs::path folder;
    std::string stem;
    std::string answer;
    std::string from = "HEAD";

    fs::path folder_or_home() const { return folder.empty() ? root / "tests" / "answers" : folder; }
};

int run(int argc, char** argv) {
    CLI::App app("The answers in tests/answers, as diffs against the solutions", "answers");
    app.require_subcommand(1);
    Options options;
    std::function<int()> work;
    app.add_option("--root", options.root, "The course")->check(CLI::ExistingDirectory);

    CLI::App* expand = app.add_subcommand("expand", "Make each answer a folder of whole files");
    expand->add_option("folder", options.folder, "Write them there; without it, in their places");
    expand->callback(
        [&] { work = [&] { return answers::expand(options.root, options.folder_or_home()); }; });

    CLI::App* shrink = app.add_subcommand("shrink", "Make folders diffs, where those are shorter");
    shrink
        ->add_option("folder", options.folder, "Take them from there; without it, in their places")
        ->check(CLI::ExistingDirectory);
    shrink->callback(
        [&] { work = [&] { return answers::shrink(options.root, options.folder_or_home()); }; });

    CLI::App* rebase =
        app.add_subcommand("rebase", "Bring the diffs up to date with the solutions");
    rebase
        ->add_option("--from", options.from,
                     "What they fitted: a revision of git's, or a folder with the old solutions")
        ->capture_default_str();
    rebase->callback([&] { work = [&] { return answers::rebase(options.root, options.from); }; });

    CLI::App* lay = app.add_subcommand("lay", "Write the files in which an answer differs");
    lay->add_option("lesson", options.stem, "NN_name")->required();
    lay->add_option("answer", options.answer, "Its name")->required();
    lay->add_option("folder", options.folder, "Write them there")->required();
    lay->callback([&] {
        work = [&] {
            answers::lay(options.root, options.stem, options.answer, options.folder);
            return 0;
        };
    });

    CLI11_PARSE(app, argc, argv);
    return work();
}

}  // namespace

int main(int argc, char** argv) try {
    return run(argc, argv);
} catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
}

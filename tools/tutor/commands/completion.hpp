// What a shell needs to complete the words after ./learn.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tutor {

struct Word {
    std::string word;
    std::string what;  // it is for
};

struct VerbWords {
    std::string verb;  // "test", or "dev check"
    std::string what;
    std::vector<Word> words;  // flags, and whatever else may follow
    bool takes_lesson = false;
};

constexpr std::string_view shells[] = {"bash", "zsh", "fish"};

// The script for one of those shells.
std::string completion_script(std::string_view shell, const std::vector<VerbWords>& verbs);

}  // namespace tutor

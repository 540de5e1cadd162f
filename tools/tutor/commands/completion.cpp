#include "tutor/commands/completion.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "text/text.hpp"

namespace tutor {
namespace {

// All scripts ask the folder that the command stands in for the lessons, and not the tutor, which
// may have to be built first. It may be called by a link to it, and stand in a folder with spaces.

constexpr std::string_view bash_head = R"sh(# For bash: eval "$(./learn completion bash)"
_learn_lessons() {
  local command=${COMP_WORDS[0]//[\\\"\']/} each folder target
  case $command in
    "~/"*) command=$HOME/${command#"~/"} ;;
    */*) ;;
    *) command=$(type -P -- "$command") || command=./learn ;;
  esac
  while target=$(readlink "$command"); do
    case $target in /*) command=$target ;; *) command=${command%/*}/$target ;; esac
  done
  folder=${command%/*}
  for each in "$folder"/lessons/[0-9][0-9]_*/; do
    each=${each%/}
    [ ! -d "$each" ] || printf '%s ' "${each##*/}"
  done
}
_learn() {
  local verb= words= word
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $verb:$word in
      *:-*) ;;
      :*) verb=$word ;;
      dev:new | dev:check | dev:mutate | dev:overlooked | dev:answers) verb="dev $word" ;;
    esac
  done
  case $verb in
)sh";
constexpr std::string_view bash_tail = R"sh(  esac
  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _learn learn
)sh";

constexpr std::string_view zsh_head = R"sh(#compdef learn
# For zsh, after compinit: eval "$(./learn completion zsh)"
_learn() {
  local verb= word
  for word in "${words[@]:1:$((CURRENT - 2))}"; do
    case $verb:$word in
      *:-*) ;;
      :*) verb=$word ;;
      dev:new|dev:check|dev:mutate|dev:overlooked|dev:answers) verb="dev $word" ;;
    esac
  done
  local -a described lessons
  lessons=("${${(Q)words[1]}:A:h}"/lessons/[0-9][0-9]_*(N/:t))
  case $verb in
)sh";
constexpr std::string_view zsh_tail = R"sh(  esac
  _describe 'word' described
}
compdef _learn learn
)sh";

constexpr std::string_view fish_head = R"sh(# For fish: ./learn completion fish | source
function __learn_verb
    set -l verb
    for word in (commandline -opc)[2..-1]
        switch "$verb:$word"
            case '*:-*'
            case ':*'
                set verb $word
            case dev:new dev:check dev:mutate dev:overlooked dev:answers
                set verb "dev $word"
        end
    end
    test "$verb" = "$argv"
end
function __learn_lessons
    for each in (dirname (commandline -opc)[1])/lessons/*_*/
        basename $each
    end
end
complete -c learn -f
)sh";

// Between single quotes, for all three.
std::string quoted(std::string_view text, std::string_view instead_of_quote) {
    return "'" + tools::replaced(text, "'", instead_of_quote) + "'";
}

std::vector<Word> first_words(const std::vector<VerbWords>& verbs) {
    std::vector<Word> words;
    for (const VerbWords& verb : verbs) {
        if (verb.verb.find(' ') == std::string::npos) words.push_back({verb.verb, verb.what});
    }
    words.push_back({"--help", "What there is"});
    return words;
}

// "" first: what may follow ./learn itself.
std::vector<VerbWords> with_first_words(const std::vector<VerbWords>& verbs) {
    std::vector<VerbWords> all = {{"", "", first_words(verbs), false}};
    all.insert(all.end(), verbs.begin(), verbs.end());
    return all;
}

std::string for_bash(const std::vector<VerbWords>& verbs) {
    std::string script(bash_head);
    for (const VerbWords& verb : with_first_words(verbs)) {
        std::string words;
        for (const Word& word : verb.words) words += word.word + " ";
        script += fmt::format("    '{}') words=\"{}{}\" ;;\n", verb.verb, words,
                              verb.takes_lesson ? "$(_learn_lessons)" : "");
    }
    return script + std::string(bash_tail);
}

std::string for_zsh(const std::vector<VerbWords>& verbs) {
    std::string script(zsh_head);
    for (const VerbWords& verb : with_first_words(verbs)) {
        std::string words;
        for (const Word& word : verb.words) {
            const std::string what = tools::replaced(word.what, ":", "\\:");
            words += quoted(word.word + ":" + what, "'\\''") + " ";
        }
        script += fmt::format("    '{}') described=({}{}) ;;\n", verb.verb, words,
                              verb.takes_lesson ? "$lessons" : "");
    }
    return script + std::string(zsh_tail);
}

std::string for_fish(const std::vector<VerbWords>& verbs) {
    std::string script(fish_head);
    for (const VerbWords& verb : with_first_words(verbs)) {
        const std::string only_after =
            fmt::format("complete -c learn -n '__learn_verb {}'", verb.verb);
        for (const Word& word : verb.words) {
            const bool is_flag = word.word.starts_with("--");
            script +=
                fmt::format("{} {} {} -d {}\n", only_after, is_flag ? "-l" : "-a",
                            is_flag ? word.word.substr(2) : word.word, quoted(word.what, "\\'"));
        }
        if (verb.takes_lesson) script += fmt::format("{} -a '(__learn_lessons)'\n", only_after);
    }
    return script;
}

}  // namespace

std::string completion_script(std::string_view shell, const std::vector<VerbWords>& verbs) {
    if (shell == "bash") return for_bash(verbs);
    return shell == "zsh" ? for_zsh(verbs) : for_fish(verbs);
}

}  // namespace tutor

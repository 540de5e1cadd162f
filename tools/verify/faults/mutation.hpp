// Small faults that can be put into C++ source, one at a time: what a careless hand does.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace verify {

// Source whose bytes from `begin` to `end` are to be replaced. Its line numbers stay.
struct Mutation {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string with;

    // For people, and to know it again when lines have moved.
    int line = 0;
    std::string in;       // Pool::take_slot; the second of several that look alike there: "… (2)"
    std::string was;      // the line, or lines as one
    std::string becomes;  // the same with the fault

    std::string applied_to(std::string_view source) const {
        return std::string(source.substr(0, begin)) + with + std::string(source.substr(end));
    }
};

// In the order of the source, which should be formatted as ours is: a `<` with blanks on both sides
// compares, another belongs to a template. Kinds of faults:
//   a statement is taken out, among them a lock, a notification, a rethrow, an early return
//   < <=  > >=  == !=  && ||  + -  true false  notify_all notify_one  IMMEDIATE DEFERRED turned
//   the condition of an if or while is negated
//   SQL loses an AND, a WHERE, an ORDER BY, a LIMIT, a DESC, an IMMEDIATE, one of its statements;
//   < <=  > >=  + - turned in it
// What cannot matter is left alone: reserve(), a cast to void.
std::vector<Mutation> mutations_of(std::string_view source);

}  // namespace verify

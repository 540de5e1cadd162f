// What a machine writes into Markdown: it stands between a line <!-- kind "arguments" --> and the
// next line <!-- end -->.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tools {

// A kind of block that a page may have. Other comments are none.
struct BlockKind {
    std::string_view name;
    std::size_t least_arguments;
    std::size_t most_arguments;
    std::string_view form;  // for people: <!-- failure "the test's name" -->
};

struct MarkdownBlock {
    std::string kind;
    std::vector<std::string> arguments;
    std::size_t begin = 0;           // the number of the first of the two lines, from 1
    std::vector<std::string> lines;  // between the two

    bool contains(std::size_t line) const {
        return line >= begin && line <= begin + lines.size() + 1;
    }
};

// What cannot be read as a block, for people.
struct BlockFault {
    std::size_t line = 0;
    std::string expected;
    std::string found;
    std::string advice;
};

struct MarkdownBlocks {
    std::vector<MarkdownBlock> blocks;
    std::vector<BlockFault> faults;
};

// Those outside of code, in their order.
MarkdownBlocks blocks_in(const std::vector<std::string>& lines, std::span<const BlockKind> kinds);

}  // namespace tools

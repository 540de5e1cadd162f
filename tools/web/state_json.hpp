// What a page is told of the course and of the lesson that is watched. It is what the watch shows
// on a terminal, taken from the same round (tutor/watch/test_round.hpp).
#pragma once

#include <cstdint>
#include <string>

#include "tutor/context.hpp"
#include "tutor/watch/watched.hpp"
#include "web/json.hpp"

namespace web {

// Each lesson with its state in words, the stage that was reached in it, and the hints that were
// shown.
Json json_of_course(tutor::Context& context);

// The round that runs or is over, with its stages, which `began` in milliseconds since 1970, and what there is to be
// read of it or of the one before. What is written on the context's screen is in `captured`.
Json json_of_watched(tutor::Watched& watched, std::int64_t began, std::string& captured);

// In UTF-8, whatever bytes a test or a file has.
std::string written(const Json& json);

}  // namespace web

// What authors of lessons ask of the tutor.
#pragma once

#include <string>

#include "desk.hpp"
#include "status.hpp"

namespace tutor {

// Makes a lesson NN_name that the course check takes: the warm-up under that name, with a chapter
// to be written over.
Status dev_new(Desk& desk, const std::string& stem);

// Builds what the course check needs of the lesson, or of all lessons, and asks it everything.
// `refresh` first records the starter as it is and writes the chapter's blocks anew.
Status dev_check(Desk& desk, const std::string& lesson, bool refresh);

}  // namespace tutor

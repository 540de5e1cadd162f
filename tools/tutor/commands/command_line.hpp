// What stands after ./learn.
#pragma once

namespace tutor {

// Does what the words ask for and returns the exit status; without a verb it watches, or says
// where the learner stands when there is no terminal.
// Throws what the verbs throw, WrongUse among them.
int run_command_line(int argc, char** argv);

}  // namespace tutor

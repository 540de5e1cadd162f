// How the tests' executable tells the program that started it that its tests are over and none has
// failed, in a way that the code under test does not hit upon by printing, by writing into the
// report or by ending the process. Code that is set on it can still do all that the tests can.
#pragma once

#include <string>

namespace support {

class Seal {
 public:
    // Takes the secret word out of the environment, where nobody finds it afterwards.
    void take();
    // Writes it where the program that started us looks for it; nothing when nobody did.
    void set() const;

 private:
    std::string file_;
    std::string word_;
};

// Whether a call of exit() ends the process with a status of its own, at once: the destructors of
// what is static would find the test still running.
void end_badly_at_exit(bool badly);

}  // namespace support

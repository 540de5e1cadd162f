#include "support/await.hpp"

#include <poll.h>

#include <thread>

namespace support {

void pause_after_look(int looks) {
    constexpr int quick_looks = 200;
    if (looks <= quick_looks) {
        std::this_thread::yield();
    } else {
        ::poll(nullptr, 0, 1);  // takes no lock: some tests watch those of the waiting thread
    }
}

}  // namespace support

// Replies that do not leave: their handlers have returned, and the network is slow. On Linux only.
#pragma once

namespace support {

// From now on this process's replies are held on their way to the customer.
void hold_replies();

// They leave, and so do all later ones.
void let_replies_go();

}  // namespace support

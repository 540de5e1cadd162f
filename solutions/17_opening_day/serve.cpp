// How the shop opens and closes: as it did in lesson 16, and with this lesson's Shop.
#include "16_graceful_shutdown/serve.cpp"

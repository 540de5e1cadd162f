// This lesson's server: its own shop, opened and closed as in lesson 16.
#include "earlier/16_graceful_shutdown/serve.hpp"

#include "open_shop.hpp"

namespace shop {

int serve(const ServeOptions& options) {
    return serve(options, open_shop);
}

}  // namespace shop

// Contract: the end of a listening socket. Implemented in linux/listening.cpp.
#pragma once

namespace goro::platform {

// From now on attempts to connect get no answer (so they will be tried again later, and then be refused, when the
// socket is closed); connections that wait for accept() stay. Where the system cannot do that, nothing happens.
void hold_off_connections(int listening_socket) noexcept;

}  // namespace goro::platform

// Which signals threads of the runtime take.
#pragma once

namespace goro::platform {

// Threads that start_thread() starts from now on do not block this one.
void leave_open_in_new_threads(int signal) noexcept;

}  // namespace goro::platform

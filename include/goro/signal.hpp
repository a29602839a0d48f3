// Signals of the operating system, as values in a channel or as the end of a context.
//
//   const auto [ctx, stop] = goro::signal::notify_context(goro::background(), {SIGINT, SIGTERM});
//   serve(ctx);   // until somebody presses ^C
//
// What a program does not ask for stays as it is: goro installs a handler for a signal with the first call that names
// it, and puts back what was there when nobody wants the signal any more. So a SIGHUP or SIGINT that was ignored when
// the program started (nohup) stays ignored until it is asked for, SIGQUIT still dumps core, and a write to a broken
// pipe kills by SIGPIPE, whatever the descriptor. (Go's runtime lets SIGPIPE kill only for descriptors 1 and 2. A
// library that took SIGPIPE for itself would change every write() of the program, also in code that knows nothing of
// goro. With ignore({SIGPIPE}) or a notify() that has it, a write fails with EPIPE instead, as in Go.)
//
// How a signal gets here: a handler, on whatever thread the system chose, notes the signal; a thread of goro's own,
// started by the first notify(), sends it to the channels. Signals of one number that come before the first of them is
// sent are one, as always with signals. What the program's other handlers must expect (EINTR where SA_RESTART has no
// effect, their alternate stacks) is unchanged. A signal that every thread of the program blocks stays pending. (Go
// unblocks it in a thread of its own; here it may be meant for sigwait() or a signalfd.) A send happens before the
// receive, as always; a signal orders nothing before it.
//
// SIGKILL and SIGSTOP cannot be had, nor the C library's own signals (32 and 33), nor numbers that are no signal's: as
// in Go, all functions here pass over them in silence. Real-time signals can. SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP
// and SIGSYS can be had when somebody sends them (kill); raised by an instruction they stay with who had them, which is
// goro's report or the system.
//
// Any goroutine and thread may call these at any time, but no signal handler may. A child of fork() may not (fatal
// error); signals that are caught there go nowhere, until exec() ends the catching, as always. The C function of this
// name is `::signal`, should a file say `using namespace goro`. Go: package os/signal.
#pragma once

#include <csignal>
#include <initializer_list>
#include <system_error>

#include "goro/chan.hpp"
#include "goro/context.hpp"

namespace goro::signal {

// From now on sends the number of each of these signals that arrives to `channel`; of all signals when the list is
// empty. A further call with the same channel adds to its signals. Several channels may want the same signal, each gets
// it.
//
// Nothing waits for a receiver: what finds the channel without room is dropped. A channel for one signal needs room for
// one value. The channel lives at least until stop() or until no signal is left to it by reset() or ignore().
//
// Never blocks but for the start of the thread. Panics `signal: notify using nil channel`. Throws std::bad_alloc, and
// std::system_error (resource_unavailable_try_again) when the system refuses the thread; then nothing has changed. A
// signal that arrives for a channel that was closed without stop() is `fatal error: send on closed channel`. Go:
// signal.Notify.
void notify(const chan<int>& channel, std::initializer_list<int> signals = {});

// Ends all that notify() began for the channel. When it has returned nothing is sent to it any more. A signal whose
// last receiver this was gets back what was done with it before. No signal is lost in between: one that had arrived is
// sent before stop() returns, one that comes later is treated as before, if need be by sending it to the process once
// more. Does nothing for a channel that is not registered. Never blocks for longer than such sends take. Go:
// signal.Stop.
void stop(const chan<int>& channel);

// Undoes every notify(), notify_context() and ignore() for these signals (for all, when the list is empty), whoever
// called it, as stop() does. Go: signal.Reset (which leaves ignored signals ignored).
void reset(std::initializer_list<int> signals = {});

// The same, except that these signals are ignored from now on, until somebody asks for them or resets them. The empty
// list means all of them, SIGCHLD too: the system then discards the status of children. Go: signal.Ignore.
void ignore(std::initializer_list<int> signals = {});

// Is the signal ignored: by ignore(), or from the start, or by other code? Go: signal.Ignored.
bool ignored(int signal);

// A context that ends when one of these signals arrives (any, when the list is empty), or with its parent, or by its
// cancel function. After a signal err() is errc::canceled and cause() names it: value() is its number, in
// error_category(), with Go's text `interrupt signal received`.
//
// The signals stay caught, and further ones have no effect, until the cancel function is called or its last copy is
// destroyed: call it as soon as the context has ended, if a second ^C shall kill the program. Throws as notify(). Never
// blocks. Go: signal.NotifyContext.
cancelable notify_context(const context& parent, std::initializer_list<int> signals = {});

// The category "signal" of what cause() tells after a signal; values are the numbers of signals.
const std::error_category& error_category() noexcept;

}  // namespace goro::signal

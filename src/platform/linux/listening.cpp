#include "platform/listening.hpp"

#include <linux/filter.h>
#include <sys/socket.h>

namespace goro::platform {

// Drops what begins a connection. A handshake that is under way must go on: its client counts as connected, and may
// have sent something.
void hold_off_connections(int listening_socket) noexcept {
  constexpr unsigned flags_at = 13;  // of the TCP header, with which the data begins that the filter sees
  constexpr unsigned syn = 0x02, ack = 0x10;
  sock_filter drop_syn[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, flags_at),   BPF_STMT(BPF_ALU | BPF_AND | BPF_K, syn | ack),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, syn, 0, 1), BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
  };
  const sock_fprog program = {sizeof drop_syn / sizeof drop_syn[0], drop_syn};
  setsockopt(listening_socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

}  // namespace goro::platform

// Names of hosts and services, by the system's library (nsswitch, /etc/hosts, DNS).
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "platform/socket.hpp"

namespace goro::platform {
namespace {

using answer_list = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

resolve_status status_of(int result) noexcept {
  switch (result) {
    case 0:
      return resolve_status::found;
    case EAI_NONAME:
#ifdef EAI_NODATA
    case EAI_NODATA:
#endif
#ifdef EAI_ADDRFAMILY
    case EAI_ADDRFAMILY:
#endif
      return resolve_status::no_such_host;
    case EAI_AGAIN:
      return resolve_status::temporary;
    case EAI_SYSTEM:
      return resolve_status::system_error;
    default:
      return resolve_status::failed;
  }
}

int ask(const char* host, const char* service, const addrinfo& hints, answer_list& answers) {
  addrinfo* first = nullptr;
  int result;
  do {
    result = ::getaddrinfo(host, service, &hints, &first);
  } while (result == EAI_SYSTEM && errno == EINTR);
  answers.reset(result == 0 ? first : nullptr);
  return result;
}

}  // namespace

resolved resolve_host(const std::string& host, socket_family family) {
  addrinfo hints{};
  hints.ai_family = family == socket_family::ip4 ? AF_INET : family == socket_family::ip6 ? AF_INET6 : AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  answer_list answers(nullptr, &::freeaddrinfo);
  const int result = ask(host.c_str(), nullptr, hints, answers);
  resolved r;
  r.status = status_of(result);
  if (r.status == resolve_status::system_error) {
    r.error = errno;
  }
  for (const addrinfo* a = answers.get(); a != nullptr; a = a->ai_next) {
    socket_address address;
    if (a->ai_family == AF_INET) {
      address.family = socket_family::ip4;
      std::memcpy(address.bytes, &reinterpret_cast<const sockaddr_in*>(a->ai_addr)->sin_addr, 4);
    } else if (a->ai_family == AF_INET6) {
      const auto* ip6 = reinterpret_cast<const sockaddr_in6*>(a->ai_addr);
      address.family = socket_family::ip6;
      address.scope = ip6->sin6_scope_id;
      std::memcpy(address.bytes, &ip6->sin6_addr, 16);
    } else {
      continue;
    }
    r.addresses.push_back(address);
  }
  return r;
}

int resolve_service(const std::string& service, const char* protocol) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = std::strcmp(protocol, "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM;
  answer_list answers(nullptr, &::freeaddrinfo);
  if (ask(nullptr, service.c_str(), hints, answers) != 0 || !answers) {
    return -1;
  }
  return ntohs(reinterpret_cast<const sockaddr_in*>(answers->ai_addr)->sin_port);
}

}  // namespace goro::platform

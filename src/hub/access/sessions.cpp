#include "sessions.h"

#include <algorithm>
#include <utility>

#include "secret.h"

namespace wemol::hub {

NewSession Sessions::open(std::string user, SteadyTime now) {
  drop_expired(now);
  if (sessions_.size() >= limits_.most) {
    sessions_.erase(std::ranges::min_element(
        sessions_, {}, [](const auto& entry) { return entry.second.used_at; }));
  }
  NewSession session{random_secret(), random_secret()};
  sessions_[hash_of_secret(session.id)] = {std::move(user), session.csrf, now, now};
  return session;
}

std::optional<std::string> Sessions::user_of(std::string_view id, SteadyTime now) {
  const auto found = sessions_.find(hash_of_secret(id));
  if (found == sessions_.end()) {
    return std::nullopt;
  }
  if (is_expired(found->second, now)) {
    sessions_.erase(found);
    return std::nullopt;
  }
  found->second.used_at = now;
  return found->second.user;
}

bool Sessions::is_csrf_token(std::string_view id, std::string_view csrf) const {
  const auto found = sessions_.find(hash_of_secret(id));
  return found != sessions_.end() && is_same_secret(csrf, found->second.csrf);
}

std::string Sessions::csrf_token(std::string_view id) const {
  const auto found = sessions_.find(hash_of_secret(id));
  return found == sessions_.end() ? std::string() : found->second.csrf;
}

void Sessions::close(std::string_view id) {
  sessions_.erase(hash_of_secret(id));
}

void Sessions::close_all(std::string_view user) {
  std::erase_if(sessions_, [&](const auto& entry) { return entry.second.user == user; });
}

bool Sessions::is_expired(const Session& session, SteadyTime now) const {
  return now - session.used_at > limits_.idle || now - session.opened_at > limits_.longest;
}

void Sessions::drop_expired(SteadyTime now) {
  std::erase_if(sessions_, [&](const auto& entry) { return is_expired(entry.second, now); });
}

}  // namespace wemol::hub

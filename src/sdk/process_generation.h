#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "cancellation.h"

namespace wemol::sdk {

/// How often this process is the child of a fork() since the library was loaded. What was made in
/// another generation belongs to the parent: its threads are not here, its locks may be held by
/// them. It is neither touched nor destroyed here.
[[nodiscard]] std::uint32_t generation();

/// Guards what has to be whole in a child: fork() waits for it. Held for moments only, and nothing
/// is waited for meanwhile.
[[nodiscard]] std::unique_lock<std::mutex> lock_process();

/// Destroys an object only in the generation in which it was made.
template <typename T>
struct DeleteAtHome {
  std::uint32_t home = generation();
  void operator()(T* object) const {
    if (generation() == home) {
      const CancellationHeld held;
      delete object;
    }
  }
};

template <typename T, typename... Arguments>
[[nodiscard]] std::shared_ptr<T> make_at_home(Arguments&&... arguments) {
  return std::shared_ptr<T>(new T(std::forward<Arguments>(arguments)...), DeleteAtHome<T>{});
}

/// An object of which a child process makes one of its own when it first asks for it.
template <typename T>
class PerGeneration {
 public:
  /// `make` makes them at home. It may be called once too often, by two threads at once.
  using Make = std::function<std::shared_ptr<T>()>;

  explicit PerGeneration(Make make) : make_(std::move(make)) {}

  [[nodiscard]] std::shared_ptr<T> get() {
    if (made_in_.load(std::memory_order_acquire) != generation()) {
      std::shared_ptr<T> made = make_();
      const auto lock = lock_process();
      if (made_in_.load(std::memory_order_acquire) != generation()) {
        object_.swap(made);
        made_in_.store(generation(), std::memory_order_release);
      }
    }
    return object_;
  }
  /// Null: this process has none yet.
  [[nodiscard]] std::shared_ptr<T> get_if_made() const {
    return made_in_.load(std::memory_order_acquire) == generation() ? object_ : nullptr;
  }

 private:
  static constexpr std::int64_t kNever = -1;

  const Make make_;
  std::shared_ptr<T> object_;
  std::atomic<std::int64_t> made_in_{kNever};
};

}  // namespace wemol::sdk

#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <utility>

#include "http_message.h"

namespace wemol::serve {

/// The texts that are on their way to clients. Each is counted once, to however many it goes;
/// clients that do not read would keep one of their own each. Beyond the bound those are dropped
/// that have taken longest, but not for a text that goes to a newer one as well.
class Outgoing {
 public:
  explicit Outgoing(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// One client's part: a member of its connection.
  class Way {
   public:
    /// `Connection` has drop(), after which it neither sends nor keeps a text.
    template <typename Connection>
    Way(Outgoing& all, Connection& connection)
        : all_(all),
          drop_([](void* it) { static_cast<Connection*>(it)->drop(); }),
          own_(&connection) {}
    Way(const Way&) = delete;
    Way& operator=(const Way&) = delete;
    ~Way() { end(); }

    /// It is being sent from now on; others may be dropped for it.
    void begin(Text text) {
      end();
      text_ = std::move(text);
      at_ = all_.ways_.insert(all_.ways_.end(), this);
      if (++all_.clients_[text_.get()] == 1) {
        all_.bytes_ += text_->size();
      }
      all_.make_room(text_.get());
    }
    void end() {
      if (!text_) {
        return;
      }
      all_.ways_.erase(at_);
      const auto own = all_.clients_.find(text_.get());
      if (--own->second == 0) {
        all_.bytes_ -= text_->size();
        all_.clients_.erase(own);
      }
      text_.reset();
    }

   private:
    friend class Outgoing;
    Outgoing& all_;
    void (*drop_)(void*);
    void* own_;
    Text text_;  ///< null: nothing is on its way
    std::list<Way*>::iterator at_;
  };

  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  void make_room(const std::string* newest) {
    auto at = ways_.begin();
    while (bytes_ > most_bytes_ && at != ways_.end()) {
      Way* const way = *at++;
      if (way->text_.get() != newest) {
        way->end();
        way->drop_(way->own_);
        at = ways_.begin();  // whoever was dropped may have ended others
      }
    }
  }

  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::list<Way*> ways_;  ///< the one that has taken longest is in front
  std::map<const std::string*, std::size_t> clients_;
};

}  // namespace wemol::serve

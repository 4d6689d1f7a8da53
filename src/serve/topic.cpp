#include "topic.h"

namespace wemol::serve {

void Topic::publish(const Text& text) {
  for (Subscriber* const subscriber : subscribers_) {
    subscriber->offer(text);
  }
}

void Topic::join(Subscriber& subscriber) {
  if (subscribers_.insert(&subscriber).second && on_change_) {
    on_change_(subscribers_.size());
  }
}

void Topic::leave(Subscriber& subscriber) {
  if (subscribers_.erase(&subscriber) > 0 && on_change_) {
    on_change_(subscribers_.size());
  }
}

}  // namespace wemol::serve

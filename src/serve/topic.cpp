#include "topic.h"

#include <vector>

namespace wemol::serve {

void Topic::publish(const Text& text) {
  // A copy: what is offered to one may be what others are dropped for.
  for (Subscriber* const subscriber :
       std::vector<Subscriber*>(subscribers_.begin(), subscribers_.end())) {
    if (subscribers_.contains(subscriber)) {
      subscriber->offer(text);
    }
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

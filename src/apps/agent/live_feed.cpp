#include "live_feed.h"

#include <utility>

#include "agent_documents.h"
#include "host_json.h"

namespace wemol::agent {
namespace {

using namespace std::chrono_literals;

constexpr auto kBetween = 1s;
/// Samples are not exactly on time.
constexpr auto kEarly = 100ms;
constexpr auto kBetweenComplaints = 10s;

}  // namespace

LiveFeed::LiveFeed(HostSource& host, HostWatch& watch, const Clock& clock, std::string node_id)
    : host_(host),
      watch_(watch),
      clock_(clock),
      node_id_(std::move(node_id)),
      topic_(std::make_shared<serve::Topic>()) {
  topic_->set_on_change(
      [this](std::size_t clients) { watch_.set_live(clients > 0, clock_.now()); });
}

LiveFeed::~LiveFeed() {
  topic_->set_on_change({});
}

serve::Subscription LiveFeed::subscribe() const {
  const std::string info = system_info_json(host_.system_info(), host_.newest().get());
  return {topic_, serve::make_text(live_message("system_info", info, clock_.wall_now()))};
}

void LiveFeed::take(const HostSource::Sample& sample) {
  if (topic_->subscribers() == 0 || sample->measured_at < due_ - kEarly) {
    return;
  }
  due_ += kBetween;
  if (due_ <= sample->measured_at + kEarly) {  // it was long ago
    due_ = sample->measured_at + kBetween;
  }
  topic_->publish(
      serve::make_text(live_message("metrics", record_json(*sample, node_id_), sample->read_at)));
}

void LiveFeed::look() {
  const SteadyTime now = clock_.now();
  if (topic_->subscribers() == 0 || now - complained_ < kBetweenComplaints) {
    return;
  }
  if (const auto problem = watch_.problem(now)) {
    complained_ = now;
    topic_->publish(serve::make_text(live_error(*problem, clock_.wall_now())));
  }
}

}  // namespace wemol::agent

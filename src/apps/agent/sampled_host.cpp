#include "sampled_host.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "system_info.h"

namespace wemol::agent {

/// Outlives the host while a sample is on its way to the io_context.
struct SampledHost::Receiver {
  OnSample on_sample;  ///< used and emptied in the thread of the io_context only
};

SampledHost::SampledHost(boost::asio::io_context& context, SamplerSettings settings,
                         OnSample on_sample)
    : info_(host::read_system_info("/")),
      receiver_(std::make_shared<Receiver>(Receiver{std::move(on_sample)})),
      thread_(std::move(settings), [&context, receiver = receiver_](const Sample& sample) {
        boost::asio::post(context, [receiver, sample] {
          if (receiver->on_sample) {
            receiver->on_sample(sample);
          }
        });
      }) {}

SampledHost::~SampledHost() {
  receiver_->on_sample = nullptr;
}

SampledHost::Sample SampledHost::newest() const {
  return thread_.newest();
}

SystemInfo SampledHost::system_info() const {
  SystemInfo info = info_;
  info.ip_address = host::address_to_others();  // it may change while the host runs
  if (const Sample sample = newest()) {
    info.disk_total_bytes = sample->disk_total_bytes;
    info.memory_total_bytes = sample->memory.total_bytes;
    info.swap_total_bytes = sample->memory.swap_total_bytes;
  }
  return info;
}

void SampledHost::set_interval(std::chrono::nanoseconds interval) {
  thread_.set_interval(interval);
}

}  // namespace wemol::agent

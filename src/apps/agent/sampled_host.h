#pragma once

#include <functional>
#include <memory>

#include "host_source.h"
#include "sampler_thread.h"

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace wemol::agent {

/// This host, sampled by a thread. `on_sample` is called in the thread that runs the io_context.
class SampledHost : public HostSource {
 public:
  using OnSample = std::function<void(const Sample&)>;

  SampledHost(boost::asio::io_context& context, SamplerSettings settings, OnSample on_sample);
  ~SampledHost() override;

  [[nodiscard]] Sample newest() const override;
  [[nodiscard]] SystemInfo system_info() const override;
  void set_interval(std::chrono::nanoseconds interval) override;

 private:
  struct Receiver;
  SystemInfo info_;
  std::shared_ptr<Receiver> receiver_;
  SamplerThread thread_;
};

}  // namespace wemol::agent

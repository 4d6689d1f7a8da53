// Hosts that report to a hub, and pages that look at it, all in one process; what the answers take
// and what the hub takes meanwhile. Each host has a loopback address, a connection and a token of
// its own, and sends by an absolute schedule: an answer's time counts from when its report was due.
//
//   hub_load --port N --pid PID --state-dir DIR [--hosts N] [--gpus N] [--processes N] [--interval
//   S]
//            [--seconds S] [--live N] [--polling N]
//
// The hub must be there already; the hosts are enrolled in its state folder.

#include <unistd.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "load_report.h"
#include "secret.h"
#include "token_store.h"

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

struct Options {
  unsigned short port = 0;
  int pid = 0;
  std::filesystem::path state_dir;
  unsigned hosts = 1000;
  wemol::bench::LoadShape shape;
  double seconds = 60;
  unsigned live = 0;
  unsigned polling = 0;

  [[nodiscard]] std::string authority() const { return fmt::format("127.0.0.1:{}", port); }
  [[nodiscard]] Clock::duration interval() const {
    return std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(shape.interval_seconds));
  }
};

/// What is counted, from `begin` on.
struct Counts {
  Clock::time_point begin = Clock::time_point::max();
  std::vector<float> answer_ms;
  std::vector<float> late_ms;  ///< of the sending: this program's own fault
  std::uint64_t refused = 0;   ///< another status than 200
  std::uint64_t broken = 0;    ///< connections
  std::uint64_t page_messages = 0;
  std::uint64_t page_bytes = 0;
  std::vector<float> poll_ms;
  std::string first_error;

  [[nodiscard]] bool is_counting() const { return Clock::now() >= begin; }
  void note(const std::string& error) {
    if (first_error.empty()) {
      first_error = error;
    }
  }
};

float milliseconds(Clock::duration span) {
  return std::chrono::duration<float, std::milli>(span).count();
}

/// 127.1.0.1 and on: the hub bounds the connections of one address.
tcp::endpoint own_address(unsigned index) {
  constexpr unsigned kFirst = (127U << 24) + (1U << 16) + 1;
  return {asio::ip::address_v4(kFirst + index), 0};
}

class Host : public std::enable_shared_from_this<Host> {
 public:
  Host(asio::io_context& context, unsigned index, wemol::bench::LoadReport report,
       const Options& options, Counts& counts)
      : index_(index),
        report_(std::move(report)),
        options_(options),
        counts_(counts),
        socket_(context),
        timer_(context) {}

  void begin(Clock::time_point first) {
    due_ = first;
    wait();
  }

 private:
  void wait() {
    timer_.expires_at(due_);
    timer_.async_wait([self = shared_from_this()](error_code cancelled) {
      if (!cancelled) {
        self->connect();
      }
    });
  }

  void connect() {
    if (counts_.is_counting()) {
      counts_.late_ms.push_back(milliseconds(Clock::now() - due_));
    }
    if (socket_.is_open()) {
      send();
      return;
    }
    error_code failed;
    socket_.open(tcp::v4(), failed);
    socket_.bind(own_address(index_), failed);
    socket_.set_option(tcp::no_delay(true), failed);
    socket_.async_connect({asio::ip::address_v4::loopback(), options_.port},
                          [self = shared_from_this()](error_code error) {
                            if (error) {
                              self->fail("connect: " + error.message());
                            } else {
                              self->send();
                            }
                          });
  }

  void send() {
    asio::async_write(socket_, asio::buffer(report_.next()),
                      [self = shared_from_this()](error_code failed, std::size_t /*bytes*/) {
                        if (failed) {
                          self->fail("write: " + failed.message());
                        }
                      });
    answer_ = {};
    http::async_read(socket_, buffer_, answer_,
                     [self = shared_from_this()](error_code failed, std::size_t /*bytes*/) {
                       if (failed) {
                         self->fail("read: " + failed.message());
                       } else {
                         self->answered();
                       }
                     });
  }

  void answered() {
    if (counts_.is_counting()) {
      counts_.answer_ms.push_back(milliseconds(Clock::now() - due_));
      if (answer_.result() != http::status::ok) {
        ++counts_.refused;
        counts_.note(fmt::format("{} {}", answer_.result_int(), answer_.body()));
      }
    }
    if (!answer_.keep_alive()) {
      close();
    }
    next();
  }

  void fail(const std::string& why) {
    if (!socket_.is_open()) {
      return;  // both halves fail
    }
    if (counts_.is_counting()) {
      ++counts_.broken;
      counts_.note(why);
    }
    close();
    next();
  }

  void close() {
    error_code ignored;
    socket_.close(ignored);
    buffer_.clear();
  }

  void next() {
    due_ += options_.interval();
    wait();
  }

  unsigned index_;
  wemol::bench::LoadReport report_;
  const Options& options_;
  Counts& counts_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  Clock::time_point due_;
  beast::flat_buffer buffer_;
  http::response<http::string_body> answer_;
};

/// A page that holds /api/live and reads all that comes.
class LivePage : public std::enable_shared_from_this<LivePage> {
 public:
  LivePage(asio::io_context& context, const Options& options, Counts& counts)
      : counts_(counts), options_(options), socket_(context) {
    socket_.read_message_max(std::size_t{1} << 30);
  }

  void begin() {
    beast::get_lowest_layer(socket_).connect(
        tcp::endpoint{asio::ip::address_v4::loopback(), options_.port});
    socket_.handshake(options_.authority(), "/api/live");
    read();
  }

 private:
  void read() {
    socket_.async_read(buffer_, [self = shared_from_this()](error_code failed, std::size_t bytes) {
      if (failed) {
        ++self->counts_.broken;
        self->counts_.note("live: " + failed.message());
        return;
      }
      if (self->counts_.is_counting()) {
        ++self->counts_.page_messages;
        self->counts_.page_bytes += bytes;
      }
      self->buffer_.clear();
      self->read();
    });
  }

  Counts& counts_;
  const Options& options_;
  beast::websocket::stream<tcp::socket> socket_;
  beast::flat_buffer buffer_;
};

/// A page that asks /api/gpu-stats every interval, as the old one does: with gzip and its entity
/// tag.
class PollingPage : public std::enable_shared_from_this<PollingPage> {
 public:
  PollingPage(asio::io_context& context, const Options& options, Counts& counts)
      : counts_(counts), options_(options), socket_(context), timer_(context) {}

  void begin(Clock::time_point first) {
    socket_.connect({asio::ip::address_v4::loopback(), options_.port});
    due_ = first;
    wait();
  }

 private:
  void wait() {
    timer_.expires_at(due_);
    timer_.async_wait([self = shared_from_this()](error_code cancelled) {
      if (!cancelled) {
        self->ask();
      }
    });
  }

  void ask() {
    request_ = {http::verb::get, "/api/gpu-stats", 11};
    request_.set(http::field::host, options_.authority());
    request_.set(http::field::accept_encoding, "gzip");
    if (!etag_.empty()) {
      request_.set(http::field::if_none_match, etag_);
    }
    http::async_write(socket_, request_, [](error_code /*the reading sees it*/, std::size_t) {});
    parser_.emplace();
    parser_->body_limit(std::uint64_t{1} << 30);
    http::async_read(socket_, buffer_, *parser_,
                     [self = shared_from_this()](error_code failed, std::size_t bytes) {
                       self->answered(failed, bytes);
                     });
  }

  void answered(error_code failed, std::size_t bytes) {
    if (failed) {
      ++counts_.broken;
      counts_.note("poll: " + failed.message());
      return;
    }
    etag_ = parser_->get()[http::field::etag];
    if (counts_.is_counting()) {
      ++counts_.page_messages;
      counts_.page_bytes += bytes;
      counts_.poll_ms.push_back(milliseconds(Clock::now() - due_));
    }
    // As a page does: the next question an interval after the last, never two at a time.
    due_ = std::max(due_ + options_.interval(), Clock::now());
    wait();
  }

  Counts& counts_;
  const Options& options_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  Clock::time_point due_;
  beast::flat_buffer buffer_;
  http::request<http::empty_body> request_;
  std::optional<http::response_parser<http::string_body>> parser_;
  std::string etag_;
};

double cpu_seconds(int pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text((std::istreambuf_iterator<char>(file)), {});
  // Fields 14 and 15; the name in parentheses may hold blanks.
  std::istringstream rest(text.substr(std::min(text.size(), text.rfind(')') + 2)));
  std::string skipped;
  constexpr int kBefore = 11;
  for (int i = 0; i < kBefore; ++i) {
    rest >> skipped;
  }
  double user = 0;
  double system = 0;
  rest >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double mebibytes_of(int pid, const char* file_name, std::string_view key) {
  constexpr double kKibPerMib = 1024;
  std::ifstream file(fmt::format("/proc/{}/{}", pid, file_name));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key)) {
      return std::stod(line.substr(key.size())) / kKibPerMib;
    }
  }
  return 0;
}

double size_mebibytes(const std::filesystem::path& folder, std::string_view prefix) {
  double bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with(prefix)) {
      bytes += static_cast<double>(entry.file_size());
    }
  }
  return bytes / 0x1p20;
}

std::string spread(std::vector<float>& all) {
  if (all.empty()) {
    return "none";
  }
  std::ranges::sort(all);
  const auto at = [&](double share) {
    return all.at(static_cast<std::size_t>(share * static_cast<double>(all.size() - 1)));
  };
  return fmt::format("p50 {:.2f}, p99 {:.2f}, p99.9 {:.2f}, max {:.1f} ms", at(0.5), at(0.99),
                     at(0.999), all.back());
}

std::vector<std::shared_ptr<Host>> make_hosts(asio::io_context& context, const Options& options,
                                              Counts& counts) {
  wemol::hub::begin_secrets();
  wemol::hub::TokenStore tokens(options.state_dir / "tokens.json");
  std::vector<std::shared_ptr<Host>> hosts;
  std::size_t bytes = 0;
  for (unsigned index = 0; index < options.hosts; ++index) {
    const std::string name = fmt::format("load{:0>4}", index);
    const auto token = tokens.enroll(name);
    if (!token) {
      throw std::runtime_error(token.error().message);
    }
    wemol::bench::LoadReport report(name, *token, options.authority(), options.shape, index);
    bytes = report.body_bytes();
    hosts.push_back(std::make_shared<Host>(context, index, std::move(report), options, counts));
  }
  fmt::print(
      "{} hosts x {} GPUs x {} processes every {} s, {:.1f} KiB a report; {} pages live, {} "
      "polling\n",
      options.hosts, options.shape.gpus, options.shape.processes, options.shape.interval_seconds,
      static_cast<double>(bytes) / 1024, options.live, options.polling);
  return hosts;
}

Options parse(int argc, char** argv) {
  Options options;
  CLI::App app("Load for a hub.", "hub_load");
  app.add_option("--port", options.port)->required();
  app.add_option("--pid", options.pid)->required();
  app.add_option("--state-dir", options.state_dir)->required();
  app.add_option("--hosts", options.hosts);
  app.add_option("--gpus", options.shape.gpus);
  app.add_option("--processes", options.shape.processes);
  app.add_option("--interval", options.shape.interval_seconds);
  app.add_option("--seconds", options.seconds);
  app.add_option("--live", options.live);
  app.add_option("--polling", options.polling);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return options;
}

void say(const Options& options, Counts& counts, double hub_cpu, double own_cpu) {
  const double percent = 100 / options.seconds;
  fmt::print("  answers: {} of {} expected; {}\n", counts.answer_ms.size(),
             std::lround(options.hosts * options.seconds / options.shape.interval_seconds),
             spread(counts.answer_ms));
  fmt::print("  sent late by {}\n", spread(counts.late_ms));
  fmt::print("  refused {}, broken {}{}\n", counts.refused, counts.broken,
             counts.first_error.empty() ? "" : "; the first: " + counts.first_error);
  if (options.live + options.polling > 0) {
    fmt::print("  pages: {} messages, {:.1f} MiB/s; polls {}\n", counts.page_messages,
               static_cast<double>(counts.page_bytes) / 0x1p20 / options.seconds,
               spread(counts.poll_ms));
  }
  fmt::print(
      "  hub: {:.1f} % of a CPU, RSS {:.0f} MiB, PSS {:.0f} MiB, peak {:.0f} MiB; this program "
      "{:.1f} %\n",
      hub_cpu * percent, mebibytes_of(options.pid, "status", "VmRSS:"),
      mebibytes_of(options.pid, "smaps_rollup", "Pss:"),
      mebibytes_of(options.pid, "status", "VmHWM:"), own_cpu * percent);
  fmt::print("  on the disk: history {:.1f} MiB, the newest reports {:.1f} MiB\n",
             size_mebibytes(options.state_dir, "history.db"),
             size_mebibytes(options.state_dir, "last-reports"));
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  asio::io_context context{1};
  Counts counts;
  const auto hosts = make_hosts(context, options, counts);
  // The hub looks at the file of tokens once a second.
  std::this_thread::sleep_for(3s);
  const Clock::time_point begin = Clock::now() + 100ms;
  for (unsigned index = 0; index < hosts.size(); ++index) {
    hosts[index]->begin(begin + options.interval() * index / hosts.size());
  }
  // Two intervals until all is connected, and the pages have seen everything.
  counts.begin = begin + 2 * options.interval() + 1s;
  std::vector<std::shared_ptr<LivePage>> live;
  std::vector<std::shared_ptr<PollingPage>> polling;
  asio::steady_timer pages(context, begin + options.interval());
  pages.async_wait([&](error_code) {
    for (unsigned i = 0; i < options.live; ++i) {
      live.push_back(std::make_shared<LivePage>(context, options, counts));
      live.back()->begin();
    }
    for (unsigned i = 0; i < options.polling; ++i) {
      polling.push_back(std::make_shared<PollingPage>(context, options, counts));
      polling.back()->begin(Clock::now() + options.interval() * i / options.polling);
    }
  });
  context.run_until(counts.begin);
  const double hub_cpu = cpu_seconds(options.pid);
  const double own_cpu = cpu_seconds(getpid());
  context.run_until(counts.begin + std::chrono::duration_cast<Clock::duration>(
                                       std::chrono::duration<double>(options.seconds)));
  say(options, counts, cpu_seconds(options.pid) - hub_cpu, cpu_seconds(getpid()) - own_cpu);
  return counts.refused + counts.broken == 0 ? 0 : 1;
}

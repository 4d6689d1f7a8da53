#include "report_queue.h"

#include <zlib.h>

#include <utility>

namespace wemol::hub_client {
namespace {

/// Below, it does not pay.
constexpr std::size_t kWorthIt = 4096;

Bytef* bytes_of(std::string& text) {
  return reinterpret_cast<Bytef*>(text.data());
}
const Bytef* bytes_of(const std::string& text) {
  return reinterpret_cast<const Bytef*>(text.data());
}

}  // namespace

ReportQueue::Kept ReportQueue::compressed(QueuedReport report) {
  const std::size_t text_bytes = report.text.size();
  std::string bytes;
  uLongf length = compressBound(text_bytes);
  bytes.resize(length);
  if (text_bytes < kWorthIt || compress2(bytes_of(bytes), &length, bytes_of(report.text),
                                         text_bytes, Z_BEST_SPEED) != Z_OK) {
    return {.bytes = std::move(report.text), .measured_at = report.measured_at};
  }
  // A copy has no more room than it needs.
  return {.bytes = bytes.substr(0, length),
          .text_bytes = text_bytes,
          .measured_at = report.measured_at};
}

QueuedReport ReportQueue::text_of(const Kept& kept) {
  if (kept.text_bytes == 0) {
    return {kept.bytes, kept.measured_at};
  }
  QueuedReport report{std::string(kept.text_bytes, '\0'), kept.measured_at};
  uLongf length = kept.text_bytes;
  // It is our own, so that only the memory could be lacking; an empty text is refused by the hub.
  if (uncompress(bytes_of(report.text), &length, bytes_of(kept.bytes), kept.bytes.size()) != Z_OK) {
    report.text.clear();
  }
  return report;
}

void ReportQueue::push(QueuedReport report, SteadyTime now) {
  if (reports_.empty()) {
    const SteadyTime measured_at = report.measured_at;
    reports_.push_back({.bytes = std::move(report.text), .measured_at = measured_at});
  } else {
    reports_.push_back(compressed(std::move(report)));
  }
  bytes_ += reports_.back().bytes.size();
  drop_old(now);
}

ReportQueue::Report ReportQueue::next(SteadyTime now) {
  drop_old(now);
  if (reports_.empty()) {
    return nullptr;
  }
  if (!first_) {
    first_ = std::make_shared<const QueuedReport>(text_of(reports_.front()));
  }
  return first_;
}

void ReportQueue::done(const Report& report) {
  if (first_ && first_ == report) {
    drop_first();
  }
}

void ReportQueue::drop_first() {
  bytes_ -= reports_.front().bytes.size();
  reports_.pop_front();
  first_.reset();
}

void ReportQueue::drop_old(SteadyTime now) {
  while (!reports_.empty() && (reports_.size() > bounds_.count || bytes_ > bounds_.bytes ||
                               now - reports_.front().measured_at > bounds_.age)) {
    drop_first();
    ++dropped_;
  }
}

}  // namespace wemol::hub_client

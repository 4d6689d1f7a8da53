#include "cached_document.h"

#include <boost/asio/executor_work_guard.hpp>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace wemol::hub {
namespace {

class HubCachedDocument : public ::testing::Test {
 protected:
  std::string ask(const std::string& etag = {}) {
    serve::Request request{.method = "GET"};
    if (!etag.empty()) {
      request.headers.emplace_back("If-None-Match", etag);
    }
    std::string text = "nothing";
    bool is_answered = false;
    document_.answer(request, [&](const serve::Response& response) {
      text = response.body ? *response.body : "";
      is_answered = true;
    });
    while (!is_answered) {
      context_.run_one();
    }
    return text;
  }

  int made_ = 0;
  std::uint64_t revision_ = 1;
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> waits_{
      context_.get_executor()};
  Workers workers_{context_, 1, 4};
  CachedDocument document_{{.revision = [this] { return revision_; },
                            .make =
                                [this] {
                                  SharedText text;
                                  text.add(std::to_string(++made_));
                                  return text;
                                },
                            .etag = [this] { return '"' + std::to_string(revision_) + '"'; }},
                           workers_};
};

TEST_F(HubCachedDocument, IsMadeOnceForEachRevision) {
  EXPECT_EQ(ask(), "1");
  EXPECT_EQ(ask(), "1");
  revision_ = 2;
  EXPECT_EQ(ask(), "2");
}

TEST_F(HubCachedDocument, WhatIsBeingMadeIsForAllWhoAskMeanwhile) {
  std::vector<std::string> answers;
  const auto hear = [&](const serve::Response& response) { answers.push_back(*response.body); };
  document_.answer({.method = "GET"}, hear);
  revision_ = 2;
  document_.answer({.method = "GET"}, hear);
  while (answers.size() < 2) {
    context_.run_one();
  }
  EXPECT_EQ(answers, (std::vector<std::string>{"1", "1"}));
  EXPECT_EQ(ask(), "2") << "what has changed since comes with the next";
}

TEST_F(HubCachedDocument, KeepsNoPartsThatNobodyWaitsFor) {
  const auto part = std::make_shared<const std::string>(2000, 'x');
  CachedDocument document({.revision = [] { return 1; },
                           .make =
                               [part] {
                                 SharedText text;
                                 text.add(*part, part);
                                 return text;
                               },
                           .etag = [] { return "\"1\""; }},
                          workers_);
  const auto owners = part.use_count();
  for (const char* const coding : {"gzip", "br", "identity", "gzip"}) {
    bool is_right = false;
    bool is_answered = false;
    document.answer({.method = "GET", .headers = {{"Accept-Encoding", coding}}},
                    [&](const serve::Response& response) {
                      is_right = (coding == std::string("gzip") ? response.gzip
                                  : coding == std::string("br") ? response.brotli
                                                                : response.body) != nullptr;
                      is_answered = true;
                    });
    while (!is_answered) {
      context_.run_one();
    }
    EXPECT_TRUE(is_right) << coding;
  }
  workers_.end();
  EXPECT_EQ(part.use_count(), owners);
}

TEST_F(HubCachedDocument, IsNotMadeForWhoeverHasIt) {
  EXPECT_EQ(ask("\"1\""), "");
  EXPECT_EQ(made_, 0);
}

TEST_F(HubCachedDocument, IsLetGoOfOnceNobodyAsksForIt) {
  EXPECT_EQ(ask(), "1");
  document_.look();
  EXPECT_EQ(ask(), "1") << "somebody has asked since the last look";
  document_.look();
  document_.look();
  EXPECT_EQ(ask(), "2");
}

}  // namespace
}  // namespace wemol::hub
